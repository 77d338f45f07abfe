import type { Estimate } from "./estimate.js";
import { reached, type Goal } from "./goals.js";

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
