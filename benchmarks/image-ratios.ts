import type { Table } from "./bench.js";
import { meanRatioOf, percentLess, ratioOf, type Estimate } from "./estimate.js";
import { withInterval } from "./format.js";
import type { AllSamples, Samples } from "./measure.js";
import { shapeName } from "./model/image.js";
import type { Random } from "./random.js";

const SHAPE = shapeName([30, 5, 3]);
const WORKLOADS = ["W1", "W2", "W3"];
const FULL_WRITES = { "diff.vs.full.competent": "full write", "diff.vs.full.reference": "full write (reference)" };
const OVER_THE_FLOOR = { "save.property.vs.handwritten": "W2", "save.tag.vs.handwritten": "W3" };

/** How much less the difference takes than one kind of full write, in percent: the mean of W1, W2 and W3. */
export interface Spared {
  /** The arm. */
  readonly against: string;
  /** Of a save alone. */
  readonly save: Estimate;
  /** Of a whole request, most of which a full write does not change. */
  readonly request: Estimate;
}

/** Of images with 30 properties, 5 tags and 3 locations. Drawn once: whoever tells of it tells the same. */
export function sparedByDifference(samples: AllSamples, random: Random): Spared[] {
  return Object.values(FULL_WRITES).flatMap((against) => {
    const save = lessThan(against, samples, "save", random);
    const request = lessThan(against, samples, "load and save", random);
    return save === undefined || request === undefined ? [] : [{ against, save, request }];
  });
}

/** Ratios of saving such images: what the difference spares, and in W2 and W3 how much more it takes than by hand. */
export function imageRatios(samples: AllSamples, spared: readonly Spared[], random: Random): Record<string, Estimate> {
  const found: Record<string, Estimate> = {};
  for (const [name, arm] of Object.entries(FULL_WRITES)) {
    const save = spared.find(({ against }) => against === arm)?.save;
    if (save !== undefined) found[name] = save;
  }
  for (const [name, workload] of Object.entries(OVER_THE_FLOOR)) {
    const { distinction, handwritten } = samples[workload]?.[`${SHAPE}, save`] ?? {};
    if (distinction && handwritten) found[name] = ratioOf(distinction, handwritten, random);
  }
  return found;
}

export function sparedTable({ spared }: { readonly spared: readonly Spared[] }): Table {
  return {
    title: `Time spared by the difference, images of ${SHAPE}, mean of W1 to W3 (percent)`,
    columns: ["against", "of a save", "of load and save"],
    rows: spared.map(({ against, save, request }) => [against, withInterval(save), withInterval(request)]),
  };
}

type Part = "save" | "load and save";

function lessThan(arm: string, samples: AllSamples, part: Part, random: Random): Estimate | undefined {
  const cases = WORKLOADS.map((id) => samples[id]?.[`${SHAPE}, ${part}`]);
  if (!cases.every((found): found is Samples => found?.[arm] !== undefined)) return undefined;
  const of = (name: string) => cases.map((found) => found[name]!);
  return percentLess(meanRatioOf(of("distinction"), of(arm), random));
}
