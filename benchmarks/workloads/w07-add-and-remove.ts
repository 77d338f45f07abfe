import type { ImageArm, ImageArmType } from "../arms/images/image-arm.js";
import type { Bench, Findings, Table, Workload } from "../bench.js";
import { medianOf, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import { ImageOracle } from "../image-oracle.js";
import { interleaved, timed, type Samples } from "../measure.js";
import { imageContent, imageTable } from "../model/image.js";
import type { Random } from "../random.js";
import { casesOf, imageArms, upTo, type UpdateCase } from "./image-updates.js";

const SLICE = 5;

/** Images of one shape that one arm adds, and removes in the order in which it added them. */
interface Adder {
  readonly type: ImageArmType;
  readonly arm: ImageArm;
  readonly of: UpdateCase;
  readonly added: number[];
}

/** New images, and their removal after they were loaded again. */
export const addAndRemove: Workload = {
  id: "W7",
  title: "Add and remove images",
  async run(bench: Bench): Promise<Findings> {
    const { url, tables, random, say } = bench;
    const cases = casesOf(bench, upTo(60));
    await tables.fill(imageTable, []);
    const arms = await Promise.all(
      imageArms(["handwritten"]).map(async (type) => ({ type, arm: await type.open({ url, poolSize: 1 }) })),
    );
    const adders: Adder[] = cases.flatMap((of) => arms.map((one) => ({ ...one, of, added: [] })));
    const inTurns = (what: string, work: (adder: Adder) => Promise<number>): Promise<Samples> => {
      const contenders = adders.map((adder) => ({
        name: nameOf(adder.of, adder.type),
        round: () => work(adder),
        rounds: adder.of.rounds,
        warmUp: adder.of.warmUp, // the first hundred images are dearer, ours most
      }));
      const most = (part: "rounds" | "warmUp"): number => Math.max(...cases.map((one) => one[part]));
      return interleaved(contenders, most("rounds"), random, (which) => say(`${what}, ${which}`), most("warmUp"));
    };
    try {
      let next = 0;
      const adds = await inTurns("adding", ({ arm, of, added }) =>
        perImage(
          Array.from({ length: SLICE }, () => next++),
          async (index) => {
            const { id, ...image } = imageContent(index, of.shape);
            await arm.add(id, image);
            added.push(index);
          },
        ),
      );
      const stored = await tables.rowsWhere(imageTable.name);
      if (stored !== next) throw new Error(`${stored} of ${next} images are stored`);
      for (const { type, of, added } of adders) {
        for (const index of sampleOf(added)) await new ImageOracle(index, of.shape).verify(url, type.name);
      }
      const removals = await inTurns("removing", ({ arm, of, added }) =>
        perImage(added.splice(0, SLICE), (index) => arm.remove(imageContent(index, of.shape).id)),
      );
      for (const { name } of [imageTable, ...Object.values(imageTable.entryTables)]) {
        const left = await tables.rowsWhere(name);
        if (left > 0) throw new Error(`${name} still has ${left} rows of removed images`);
      }
      const found = cases.map((of) => ({
        of,
        adds: samplesIn(of, arms, adds),
        removals: samplesIn(of, arms, removals),
      }));
      return {
        tables: found.map((one) => table(one.of, arms, one.adds, one.removals, random)),
        samples: Object.fromEntries(
          found.flatMap((one) => [
            [`${one.of.name}, add`, one.adds],
            [`${one.of.name}, load and remove`, one.removals],
          ]),
        ),
      };
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
  },
};

function nameOf(of: UpdateCase, type: ImageArmType): string {
  return `${of.name}, ${type.name}`;
}

/** By arm, in one case. */
function samplesIn(of: UpdateCase, arms: readonly Pick<Adder, "type">[], all: Samples): Samples {
  return Object.fromEntries(arms.map(({ type }) => [type.name, all[nameOf(of, type)]!]));
}

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
  { name: shape }: UpdateCase,
  arms: readonly Pick<Adder, "type">[],
  adds: Samples,
  removals: Samples,
  random: Random,
): Table {
  return {
    title: `W7: add and remove, properties, tags, locations = ${shape} (milliseconds)`,
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
