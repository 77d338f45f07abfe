import type { LoadedImage } from "../arms/images/image-arm.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { imageArms, imageUpdates, countSent, QUICK_ROUNDS, roundsOf, shapesOf } from "./image-updates.js";
import { updateSamples, updateTables } from "./image-update-tables.js";

/** Added at odd turns and removed again at even ones: an image that got more and more tags would have another shape. */
const update = (image: LoadedImage, turn: number): Promise<void> => {
  const tag = `added ${Math.ceil(Math.abs(turn) / 2)}`;
  return turn % 2 === 0 ? image.removeTag(tag) : image.addTag(tag);
};

export const oneTag: Workload = {
  id: "W3",
  title: "One tag of an image, added and removed",
  async run(bench: Bench): Promise<Findings> {
    const shapes = shapesOf(bench);
    const updates = await imageUpdates(bench, {
      shapes,
      arms: imageArms(),
      rounds: (shape) => (bench.quick ? QUICK_ROUNDS : roundsOf(shape)),
      slice: 10,
      update,
    });
    return {
      tables: updateTables("W3: one tag", updates, shapes, bench.random),
      samples: updateSamples(updates, shapes),
    };
  },
  count: (bench) => countSent(bench, "one.tag", update),
};
