import type { Table } from "./bench.js";
import { meanRatioOf, percentLess, ratioOf, type Estimate } from "./estimate.js";
import { withInterval } from "./format.js";
import type { AllSamples, Samples } from "./measure.js";
import { shapeName } from "./model/image.js";
import { seeded, type Random } from "./random.js";

const SHAPE = shapeName([30, 5, 3]);
const WORKLOADS = ["W1", "W2", "W3"];
const FULL_WRITES = { "diff.vs.full.competent": "full write", "diff.vs.full.reference": "full write (reference)" };
const OVER_THE_FLOOR = { "save.property.vs.handwritten": "W2", "save.tag.vs.handwritten": "W3" };

/**
 * Ratios of saving an image with 30 properties, 5 tags and 3 locations, of what was measured. How much less time the
 * difference takes than full writes, in percent, is the mean of W1, W2 and W3; how much more than by hand, of one each.
 */
export function imageRatios(samples: AllSamples, random: Random): Record<string, Estimate> {
  const found: Record<string, Estimate> = {};
  for (const [name, arm] of Object.entries(FULL_WRITES)) {
    const less = lessThan(arm, samples, "save", random);
    if (less !== undefined) found[name] = less;
  }
  for (const [name, workload] of Object.entries(OVER_THE_FLOOR)) {
    const { distinction, handwritten } = samples[workload]?.[`${SHAPE}, save`] ?? {};
    if (distinction && handwritten) found[name] = ratioOf(distinction, handwritten, random);
  }
  return found;
}

/** What the difference spares of a save, and of a whole request, most of which a full write does not change. */
export function requestsAgainstFull({ samples, seed }: { samples: AllSamples; seed: number }): Table {
  const random = seeded(seed);
  const cell = (arm: string, part: Part): string => {
    const less = lessThan(arm, samples, part, random);
    return less === undefined ? "" : withInterval(less);
  };
  return {
    title: `Time spared by the difference, images of ${SHAPE}, mean of W1 to W3 (percent)`,
    columns: ["against", "of a save", "of load and save"],
    rows: Object.values(FULL_WRITES)
      .map((arm) => [arm, cell(arm, "save"), cell(arm, "load and save")])
      .filter(([, save]) => save !== ""),
  };
}

type Part = "save" | "load and save";

function lessThan(arm: string, samples: AllSamples, part: Part, random: Random): Estimate | undefined {
  const cases = WORKLOADS.map((id) => samples[id]?.[`${SHAPE}, ${part}`]);
  if (!cases.every((found): found is Samples => found?.[arm] !== undefined)) return undefined;
  const of = (name: string) => cases.map((found) => found[name]!);
  return percentLess(meanRatioOf(of("distinction"), of(arm), random));
}
