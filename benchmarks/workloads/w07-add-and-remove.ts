import type { ImageArm, ImageArmType } from "../arms/images/image-arm.js";
import type { Bench, Findings, Table, Workload } from "../bench.js";
import { medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { ImageOracle } from "../image-oracle.js";
import { interleaved, timed, type Samples } from "../measure.js";
import { imageContent, imageTable, shapeName, type Shape } from "../model/image.js";
import type { Random } from "../random.js";
import { imageArms, shapesOf, warmUpOf } from "./image-updates.js";

const SLICE = 5;

/** New images, and their removal after they were loaded again. */
export const addAndRemove: Workload = {
  id: "W7",
  title: "Add and remove images",
  async run(bench: Bench): Promise<Findings> {
    const { url, tables, random, quick, say } = bench;
    const found: Table[] = [];
    const samples: Record<string, Samples> = {};
    const arms = await Promise.all(
      imageArms(["handwritten"]).map(async (type) => ({ type, arm: await type.open({ url, poolSize: 1 }) })),
    );
    try {
      let next = 0;
      for (const shape of shapesOf(bench)) {
        await tables.fill(imageTable, []); // what was removed is still on its way out of the last one
        const added = new Map<ImageArmType, number[]>(arms.map(({ type }) => [type, []]));
        const adding = arms.map(({ type, arm }) => ({
          name: type.name,
          round: () =>
            perImage(
              Array.from({ length: SLICE }, () => next++),
              async (index) => {
                const { id, ...image } = imageContent(index, shape);
                await arm.add(id, image);
                added.get(type)!.push(index);
              },
            ),
        }));
        const rounds = quick ? 6 : 60;
        const warmUp = warmUpOf(bench, shape); // the first hundred images are dearer, ours most
        const label = shapeName(shape);
        const adds = await interleaved(adding, rounds, random, (what) => say(`${label}, adding, ${what}`), warmUp);
        const stored = await tables.rows(imageTable);
        if (stored.length !== SLICE * (warmUp + rounds) * arms.length)
          throw new Error(`${stored.length} images are stored`);
        for (const { type } of arms) {
          for (const index of sampleOf(added.get(type)!)) {
            await new ImageOracle(index, shape).verify(url, type.name);
          }
        }
        const removing = arms.map(({ type, arm }) => ({
          name: type.name,
          round: () =>
            perImage(added.get(type)!.splice(0, SLICE), (index) => arm.remove(imageContent(index, shape).id)),
        }));
        const removals = await interleaved(
          removing,
          rounds,
          random,
          (what) => say(`${label}, removing, ${what}`),
          warmUp,
        );
        for (const { name } of [imageTable, ...Object.values(imageTable.entryTables)]) {
          const left = await tables.rowsWhere(name);
          if (left > 0) throw new Error(`${name} still has ${left} rows of removed images`);
        }
        samples[`${label}, add`] = adds;
        samples[`${label}, load and remove`] = removals;
        found.push(table(shape, arms, adds, removals, random));
      }
      return { tables: found, samples };
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
  },
};

/** The first, which was warm-up, one in the middle, and the last. */
function sampleOf<T>(all: readonly T[]): T[] {
  return [0, all.length >> 1, all.length - 1].map((index) => all[index]!);
}

/** Milliseconds per image of a slice, one after another. */
async function perImage<T>(images: readonly T[], work: (image: T) => Promise<void>): Promise<number> {
  const milliseconds = await timed(async () => {
    for (const image of images) await work(image);
  });
  return milliseconds / images.length;
}

function table(
  shape: Shape,
  arms: readonly { type: ImageArmType; arm: ImageArm }[],
  adds: Samples,
  removals: Samples,
  random: Random,
): Table {
  return {
    title: `W7: add and remove, properties, tags, locations = ${shapeName(shape)} (milliseconds)`,
    columns: ["arm", "guarantee", "add", "against distinction", "load and remove", "against distinction"],
    rows: arms.map(({ type: { name, guarantee } }) => [
      name,
      guarantee,
      withInterval(medianOf(adds[name]!, random)),
      withInterval(ratioOf(adds[name]!, adds["distinction"]!, random)),
      withInterval(medianOf(removals[name]!, random)),
      withInterval(ratioOf(removals[name]!, removals["distinction"]!, random)),
    ]),
  };
}
