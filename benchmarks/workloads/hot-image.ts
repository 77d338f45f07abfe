import type { ImageArmType } from "../arms/images/image-arm.js";
import { CONTENDING_IMAGES, OWN_IMAGES } from "../arms/images/index.js";
import type { Bench, Table } from "../bench.js";
import { ContendedImages } from "../contended-images.js";
import { noUpdates, tallyTable, throughput, type Tally } from "../contention.js";
import { fillImages } from "../fill-images.js";
import { interleaved, perOperation, type Samples } from "../measure.js";
import { ownProperty, shapeName, type Shape } from "../model/image.js";

const SHAPE: Shape = [30, 5, 3];
const WRITERS = 8;
const UPDATES_PER_WRITER = 10;
const LABEL = `one image ${shapeName(SHAPE)}, ${WRITERS} writers`;

const TITLE = `W8: ${LABEL} on disjoint properties`;

/** What became of one image that everybody writes. */
export interface HotImage {
  readonly table: Table;
  readonly tallies: ReadonlyMap<ImageArmType, Tally>;
  readonly samples: Readonly<Record<string, Samples>>;
}

/** One image that everybody writes, each a property of its own: who writes all of an image is in everybody's way. */
export async function hotImage(bench: Bench): Promise<HotImage> {
  const { quick, random, say } = bench;
  const { tallies, contenders, close } = await contention(bench, CONTENDING_IMAGES);
  try {
    const measured = await interleaved(contenders, quick ? 2 : 5, random, (what) => say(`${LABEL}, ${what}`));
    const table = tallyTable(TITLE, tallies, throughput("updates", measured, "handwritten", random));
    return { table, tallies, samples: { [LABEL]: measured } };
  } finally {
    await close();
  }
}

/** The same of this library alone, without times. */
export async function countHotImage(bench: Bench): Promise<Omit<HotImage, "samples">> {
  const { tallies, contenders, close } = await contention(bench, OWN_IMAGES);
  try {
    for (const { round } of contenders) await round();
    return { table: tallyTable(TITLE, tallies), tallies };
  } finally {
    await close();
  }
}

/** Each arm has an image of its own, in all rounds the same: the oracle looks before and after each of them. */
async function contention(bench: Bench, types: readonly ImageArmType[]) {
  const ids = await fillImages(bench, types.length, SHAPE);
  const tallies = noUpdates(types);
  const arms = await Promise.all(types.map((type) => type.open({ url: bench.url, poolSize: WRITERS })));
  const contenders = types.map((type, index) => ({
    name: type.name,
    round: async (): Promise<number> => {
      const id = ids[index]!;
      const images = await ContendedImages.before(bench.tables, [id], arms[index]!, tallies.get(type)!);
      const milliseconds = await perOperation(WRITERS, UPDATES_PER_WRITER, (writer) =>
        images.raise(id, ownProperty(writer)),
      );
      await images.countLost();
      return milliseconds;
    },
  }));
  return { tallies, contenders, close: () => Promise.all(arms.map((arm) => arm.close())) };
}
