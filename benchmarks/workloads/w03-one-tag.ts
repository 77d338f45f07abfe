import type { LoadedImage } from "../arms/images/image-arm.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { imageArms, imageUpdates, countSent, casesOf, longWarmUpOf, roundsOf } from "./image-updates.js";
import { updateSamples, updateTables } from "./image-update-tables.js";
import { sentCharts } from "./sent-charts.js";

/** Added at odd turns and removed again at even ones: an image that got more and more tags would have another shape. */
const update = (image: LoadedImage, turn: number): Promise<void> => {
  const tag = `added ${Math.ceil(Math.abs(turn) / 2)}`;
  return turn % 2 === 0 ? image.removeTag(tag) : image.addTag(tag);
};

export const oneTag: Workload = {
  id: "W3",
  title: "One tag of an image, added and removed",
  async run(bench: Bench): Promise<Findings> {
    const cases = casesOf(bench, roundsOf, longWarmUpOf);
    const updates = await imageUpdates(bench, {
      cases,
      arms: imageArms(),
      slice: 10,
      update,
    });
    return {
      tables: updateTables("W3: one tag", updates, cases, bench.random),
      charts: sentCharts("w3", "Saving one tag added or removed", updates, cases),
      samples: updateSamples(updates, cases),
    };
  },
  count: (bench) => countSent(bench, "one.tag", update),
};
