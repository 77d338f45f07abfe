import type { Bench, Findings, Workload } from "../bench.js";
import { imageArms, imageUpdates, casesOf, upTo } from "./image-updates.js";
import { updateSamples, updateTables } from "./image-update-tables.js";

/** The worst case for a difference: it finds out that it has to write everything. */
export const everythingChanged: Workload = {
  id: "W5",
  title: "Everything of an image changed",
  async run(bench: Bench): Promise<Findings> {
    const cases = casesOf(bench, upTo(50));
    const updates = await imageUpdates(bench, {
      cases,
      arms: imageArms(["handwritten"]), // by hand, one would write the full write
      slice: 4,
      update: (image, turn) => image.changeEverything(turn),
    });
    return {
      tables: updateTables("W5: everything", updates, cases, bench.random),
      samples: updateSamples(updates, cases),
    };
  },
};
