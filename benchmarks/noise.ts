import type { Table } from "./bench.js";
import { median, medianOf, type Estimate } from "./estimate.js";
import type { AllSamples } from "./measure.js";
import type { Random } from "./random.js";

/** An interval this wide, relative to its figure, says little about the figure. */
const WIDE = 0.25;

/** The ratios whose samples are noisy, a sentence each. */
export function noiseWarnings(ratios: Readonly<Record<string, Estimate>>): string[] {
  return Object.entries(ratios).flatMap(([name, ratio]) => {
    const width = (ratio.high - ratio.low) / Math.abs(ratio.value);
    return width > WIDE
      ? [`${name}: its confidence interval spans ${Math.round(width * 100)} % of it; the machine was not quiet.`]
      : [];
  });
}

/** A change this large during a run, relative to the figure, is worth telling, if it is more than noise. */
const DRIFT = 0.1;

/** Fewer rounds have no thirds to compare. */
const FEWEST_ROUNDS = 9;

/** A case whose times went up or down in the course of a run. */
export interface Drift {
  /** Of the workload. */
  readonly id: string;
  readonly name: string;
  /** By how many percent, by arm: those that changed. */
  readonly changes: Readonly<Record<string, number>>;
  /** Whether they are all arms of the case. */
  readonly isOfAll: boolean;
}

/** What an interval cannot tell, since another run may drift otherwise. */
export function driftsOf(samples: AllSamples, random: Random): Drift[] {
  return Object.entries(samples).flatMap(([id, cases]) =>
    Object.entries(cases).flatMap(([name, arms]) => {
      const changes = Object.fromEntries(
        Object.entries(arms)
          .map(([arm, times]) => [arm, Math.round(100 * driftOf(times, random))] as const)
          .filter(([, percent]) => percent !== 0),
      );
      const count = Object.keys(changes).length;
      return count === 0 ? [] : [{ id, name, changes, isOfAll: count === Object.keys(arms).length }];
    }),
  );
}

/** A row for each arm; one where all arms of a case changed: if they went alike, their ratios stand, and the times do not. */
export function driftTable(drifts: readonly Drift[]): Table {
  return {
    title: "Times that changed during the run, from the first third of a case's rounds to the last",
    columns: ["workload", "case", "arm", "change"],
    rows: drifts.flatMap(({ id, name, changes, isOfAll }) =>
      isOfAll && Object.keys(changes).length > 1
        ? [[id, name, "all arms", rangeOf(Object.values(changes))]]
        : Object.entries(changes).map(([arm, percent]) => [id, name, arm, `${signed(percent)} %`]),
    ),
  };
}

/** `+21 to +34 %` */
function rangeOf(percents: readonly number[]): string {
  const [low, high] = [Math.min(...percents), Math.max(...percents)];
  return low === high ? `${signed(low)} %` : `${signed(low)} to ${signed(high)} %`;
}

function signed(percent: number): string {
  return `${percent > 0 ? "+" : ""}${percent}`;
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
