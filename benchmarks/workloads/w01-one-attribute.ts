import type { LoadedImage } from "../arms/images/image-arm.js";
import type { Bench, Findings, Workload } from "../bench.js";
import type { Chart } from "../charts/chart.js";
import type { Shape } from "../model/image.js";
import {
  imageArms,
  imageUpdates,
  countSent,
  samplesOf,
  casesOf,
  type ImageUpdates,
  type UpdateCase,
} from "./image-updates.js";
import { updateSamples, updateTables } from "./image-update-tables.js";

/** Requests of one slice; the curve of the chart has a point per slice. */
const SLICE = 10;

/** 10,000 requests where they are compared with a goal; fewer of the image that takes some arms a tenth of a second each. */
function roundsOf([properties]: Shape): number {
  if (properties === 30) return 1_000;
  return properties > 100 ? 100 : 300;
}

const update = (image: LoadedImage, turn: number): Promise<void> => image.rename(`renamed ${turn}`);

/**
 * What the reference's specification measured: one parameter of an image updated again and again, for images with more
 * and more hanging on them.
 */
export const oneAttribute: Workload = {
  id: "W1",
  title: "One attribute of an image updated again and again",
  async run(bench: Bench): Promise<Findings> {
    const cases = casesOf(bench, roundsOf);
    const updates = await imageUpdates(bench, {
      cases,
      arms: imageArms(),
      slice: SLICE,
      update,
    });
    return {
      tables: updateTables("W1: one attribute", updates, cases, bench.random),
      charts: cases.map((one) => timeAgainstRequests(updates, one)),
      samples: updateSamples(updates, cases),
    };
  },
  count: (bench) => countSent(bench, "one.attribute", update),
};

/** The chart of the image specification: execution time against number of requests. */
function timeAgainstRequests(updates: readonly ImageUpdates[], one: UpdateCase): Chart {
  const [properties, tags, locations] = one.shape;
  const samples = samplesOf(updates, "requests", one);
  return {
    id: `w1-time-against-requests-${one.shape.join("-")}`,
    title: "Execution time against number of requests: full write and difference",
    subtitle: `One attribute of an image with ${properties} properties, ${tags} tags, ${locations} locations; load and save each time`,
    kind: "lines",
    x: { label: "requests" },
    y: { label: "seconds" },
    series: Object.entries(samples).map(([name, requests]) => ({ name, points: cumulative(requests) })),
  };
}

/** Twenty points of the sum of what requests took, whatever the number of slices. */
function cumulative(requests: readonly number[]): { x: number; y: number }[] {
  const step = Math.max(1, Math.round(requests.length / 20));
  const points = [{ x: 0, y: 0 }];
  let milliseconds = 0;
  for (const [index, perRequest] of requests.entries()) {
    milliseconds += perRequest * SLICE;
    if ((index + 1) % step === 0) points.push({ x: (index + 1) * SLICE, y: Number((milliseconds / 1000).toFixed(3)) });
  }
  return points;
}
