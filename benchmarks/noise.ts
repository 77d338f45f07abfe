import { median, medianOf, type Estimate } from "./estimate.js";
import { reached, type Goal } from "./goals.js";
import type { AllSamples } from "./measure.js";
import type { Random } from "./random.js";

/** An interval this wide, relative to its figure, says little about the figure. */
const WIDE = 0.25;

/** The ratios whose samples are too noisy to judge them, a sentence each. */
export function noiseWarnings(ratios: Readonly<Record<string, Estimate & Goal>>): string[] {
  return Object.entries(ratios).flatMap(([name, ratio]) => {
    const width = (ratio.high - ratio.low) / Math.abs(ratio.value);
    if (reached(ratio, ratio.low) !== reached(ratio, ratio.high)) {
      return [`${name}: its goal lies within its confidence interval; another run may give the other verdict.`];
    }
    return width > WIDE
      ? [`${name}: its confidence interval spans ${Math.round(width * 100)} % of it; the machine was not quiet.`]
      : [];
  });
}

/** A change this large during a run, relative to the figure, is worth telling, if it is more than noise. */
const DRIFT = 0.1;

/** Fewer rounds have no thirds to compare. */
const FEWEST_ROUNDS = 9;

/**
 * The cases whose times went up or down in the course of the run, a sentence each: what an interval cannot tell, since
 * another run may drift otherwise. Where all arms went alike their ratios stand, and the times themselves do not.
 */
export function driftWarnings(samples: AllSamples, random: Random): string[] {
  return Object.entries(samples).flatMap(([id, cases]) =>
    Object.entries(cases).flatMap(([name, arms]) => {
      const drifted = Object.entries(arms).flatMap(([arm, times]) => {
        const percent = Math.round(100 * driftOf(times, random));
        return percent === 0 ? [] : [`${arm} ${percent > 0 ? "+" : ""}${percent} %`];
      });
      if (drifted.length === 0) return [];
      const which = drifted.length === Object.keys(arms).length ? "all arms: " : "";
      return [
        `${id}, ${name}: from the first third of its rounds to the last, times changed (${which}${drifted.join(", ")}).`,
      ];
    }),
  );
}

/** By how much the median of the last third differs from that of the first; 0 where that is little or may be noise. */
function driftOf(times: readonly number[], random: Random): number {
  if (times.length < FEWEST_ROUNDS) return 0;
  const third = Math.floor(times.length / 3);
  const first = median(times.slice(0, third));
  const change = median(times.slice(-third)) - first;
  if (Math.abs(change) <= DRIFT * first) return 0;
  const { low, high } = medianOf(times, random);
  return Math.abs(change) > high - low ? change / first : 0;
}
