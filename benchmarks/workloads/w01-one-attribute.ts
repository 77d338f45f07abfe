import type { LoadedImage } from "../arms/images/image-arm.js";
import type { Bench, Findings, Workload } from "../bench.js";
import type { Shape } from "../model/image.js";
import { imageArms, imageUpdates, countSent, casesOf } from "./image-updates.js";
import { updateSamples, updateTables } from "./image-update-tables.js";
import { sentCharts } from "./sent-charts.js";
import { timeChart, timeTable } from "./time-against-requests.js";

/** Requests of one slice; the curve of the chart has a point per slice. */
const SLICE = 10;

/** 10,000 requests where they are compared with a goal. */
function roundsOf([properties]: Shape): number {
  if (properties === 30) return 1_000;
  return properties > 100 ? 40 : 100;
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
      tables: [
        ...updateTables("W1: one attribute", updates, cases, bench.random),
        ...cases.map((one) => timeTable(updates, one, SLICE)),
      ],
      charts: [
        ...cases.map((one) => timeChart(updates, one, SLICE)),
        ...sentCharts("w1", "Saving one changed attribute", updates, cases),
      ],
      samples: updateSamples(updates, cases),
    };
  },
  count: (bench) => countSent(bench, "one.attribute", update),
};
