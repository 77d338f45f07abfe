import { IMAGE_ARMS } from "../arms/images/index.js";
import type { Bench, Findings, Workload } from "../bench.js";
import { ContendedImages } from "../contended-images.js";
import { acknowledgedBy, noUpdates, tallyTable, throughput } from "../contention.js";
import { fillImages } from "../fill-images.js";
import { interleaved, perOperation } from "../measure.js";
import { ownProperty, shapeName, type Shape } from "../model/image.js";
import { perRound, type Random } from "../random.js";
import { zipfian } from "../zipfian.js";

const SHAPE: Shape = [10, 3, 1];
const CLIENTS = 8;
const READS = 0.8;
/** Rounds that are not counted are warm-up. */
const SCALE = {
  quick: { images: 2_000, perClient: 10, rounds: 3, warmUp: 1 },
  full: { images: 10_000, perClient: 50, rounds: 14, warmUp: 3 },
} as const;

/** What a service does on a day: most requests read, and a few images are asked for far more often than the rest. */
export const zipf: Workload = {
  id: "W10",
  title: "Reads and updates of images, some far more often than others",
  async run(bench: Bench): Promise<Findings> {
    const { url, tables, random, quick, say } = bench;
    const { images, perClient, rounds, warmUp } = SCALE[quick ? "quick" : "full"];
    say(`filling ${images} images`);
    const ids = await fillImages(bench, images, SHAPE);
    const rank = zipfian(images);
    const drawnFor = perRound(random);
    const drawRequest = (drawn: Random) => ({ id: ids[rank(drawn)]!, reads: drawn() < READS });
    const tallies = noUpdates(IMAGE_ARMS);
    const arms = await Promise.all(
      IMAGE_ARMS.map(async (type) => ({ type, arm: await type.open({ url, poolSize: CLIENTS }) })),
    );
    try {
      const contenders = arms.map(({ type, arm }) => ({
        name: type.name,
        round: async (turn: number): Promise<number> => {
          const drawn = drawnFor(turn);
          const requests = Array.from({ length: perClient * CLIENTS }, () => drawRequest(drawn));
          const raised = new Set(requests.filter(({ reads }) => !reads).map(({ id }) => id));
          const contended = await ContendedImages.before(tables, [...raised], arm, tallies.get(type)!);
          const milliseconds = await perOperation(CLIENTS, perClient, async (client, index) => {
            const { id, reads } = requests[index * CLIENTS + client]!;
            if (reads) await arm.load(id);
            else await contended.raise(id, ownProperty(client));
          });
          await contended.countLost();
          return milliseconds;
        },
      }));
      const samples = await interleaved(contenders, rounds, random, say, warmUp);
      const title =
        `W10: ${CLIENTS} clients, ${images} images ${shapeName(SHAPE)} asked for by Zipf's law, ${READS * 100} % reads; ` +
        "updates raise a property that no other client writes";
      return {
        tables: [tallyTable(title, tallies, throughput("requests", samples, "handwritten", random))],
        samples: { [`requests of images ${shapeName(SHAPE)}`]: samples },
        acknowledged: acknowledgedBy([tallies]),
      };
    } finally {
      await Promise.all(arms.map(({ arm }) => arm.close()));
    }
  },
};
