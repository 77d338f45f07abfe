import { meanRatioOf, percentLess, type Estimate } from "./estimate.js";
import type { Samples } from "./measure.js";
import { shapeName } from "./model/image.js";
import type { Random } from "./random.js";

const WORKLOADS = ["W1", "W2", "W3"];
const CASE = `${shapeName([30, 5, 3])}, save`;

/**
 * How much less time a save of the difference takes than a full write, in percent, for an image with 30 properties, 5 tags
 * and 3 locations: the mean of W1, W2 and W3. Found where all three were measured.
 */
export function diffAgainstFull(
  samples: Readonly<Record<string, Readonly<Record<string, Samples>>>>,
  random: Random,
): Record<string, Estimate> {
  const cases = WORKLOADS.map((id) => samples[id]?.[CASE]);
  if (cases.some((found) => found === undefined)) return {};
  const against = (name: string): Estimate =>
    percentLess(
      meanRatioOf(
        cases.map((found) => found!["distinction"]!),
        cases.map((found) => found![name]!),
        random,
      ),
    );
  return {
    "diff.vs.full.competent": against("full write"),
    "diff.vs.full.reference": against("full write (reference)"),
  };
}
