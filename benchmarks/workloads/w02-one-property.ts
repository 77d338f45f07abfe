import type { LoadedImage } from "../arms/images/image-arm.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { imageArms, imageUpdates, countSent, casesOf } from "./image-updates.js";
import { sentChart, updateSamples, updateTables } from "./image-update-tables.js";

const NAME = "hw_property_0";

const update = (image: LoadedImage, turn: number): Promise<void> => image.setProperty(NAME, `value ${turn}`);

export const oneProperty: Workload = {
  id: "W2",
  title: "One property of an image",
  async run(bench: Bench): Promise<Findings> {
    const cases = casesOf(bench);
    const updates = await imageUpdates(bench, {
      cases,
      arms: imageArms(),
      slice: 10,
      update,
    });
    return {
      tables: updateTables("W2: one property", updates, cases, bench.random),
      charts: [sentChart("w2-statements", "Saving one changed property", updates, cases)],
      samples: updateSamples(updates, cases),
    };
  },
  count: (bench) => countSent(bench, "one.property", update),
};
