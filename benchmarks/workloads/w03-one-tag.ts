import type { LoadedImage } from "../arms/images/image-arm.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { imageArms, imageUpdates, countSent, shapesOf } from "./image-updates.js";
import { updateSamples, updateTables } from "./image-update-tables.js";

const update = (image: LoadedImage, turn: number): Promise<void> => image.addTag(`added ${turn}`);

/** Every update adds a tag, so that images get more of them in the course of the run: in all arms alike. */
export const oneTag: Workload = {
  id: "W3",
  title: "One more tag on an image",
  async run(bench: Bench): Promise<Findings> {
    const shapes = shapesOf(bench);
    const updates = await imageUpdates(bench, {
      shapes,
      arms: imageArms(),
      rounds: bench.quick ? 6 : 20,
      slice: 5,
      update,
    });
    return {
      tables: updateTables("W3: one tag", updates, shapes, bench.random),
      samples: updateSamples(updates, shapes),
    };
  },
  count: (bench) => countSent(bench, "one.tag", update),
};
