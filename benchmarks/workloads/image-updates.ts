import type { ImageArm, ImageArmType, LoadedImage } from "../arms/images/image-arm.js";
import { IMAGE_ARMS } from "../arms/images/index.js";
import { distinctionImages } from "../arms/images/distinction.js";
import type { Bench, Findings } from "../bench.js";
import { exactly } from "../estimate.js";
import { ImageOracle } from "../image-oracle.js";
import { timed, type Samples } from "../measure.js";
import { TcpProxy } from "../../test/support/tcp-proxy.js";
import { imageContent, imageTable, shapeName, SHAPES, type Shape } from "../model/image.js";
import { shuffled } from "../random.js";

export interface Sent {
  /** Without BEGIN and COMMIT. */
  readonly statements: number;
  /** On the wire, to the server, everything included. */
  readonly bytes: number;
}

/** What one arm did for images of one shape. */
export interface ImageUpdates {
  readonly type: ImageArmType;
  readonly shape: Shape;
  /** What one request sends to load the image, and to save it. */
  readonly sent: { readonly load: Sent; readonly save: Sent };
  /** Milliseconds per request, one sample a round. */
  readonly requests: readonly number[];
  /** Milliseconds per save, the part of a request that writes. */
  readonly saves: readonly number[];
}

export interface UpdatePlan {
  readonly shapes: readonly Shape[];
  readonly arms: readonly ImageArmType[];
  readonly rounds: number | ((shape: Shape) => number);
  /** Updates that an arm makes before it is another arm's turn. */
  readonly slice: number;
  /** Changes the image and saves it; `turn` is another number every time. */
  readonly update: (image: LoadedImage, turn: number) => Promise<void>;
}

/** Of ten updates each; fewer of the image that takes some arms a tenth of a second each. */
export function roundsOf([properties]: Shape): number {
  return properties > 100 ? 20 : 100;
}

/** The fewest that have an interval worth its name. */
export const QUICK_ROUNDS = 5;

/** A quick look is at two of them. */
export function shapesOf({ quick }: Bench): readonly Shape[] {
  return quick ? SHAPES.filter(([properties]) => properties === 0 || properties === 30) : SHAPES;
}

/** All arms but those that need not be compared with. */
export function imageArms(without: readonly string[] = []): readonly ImageArmType[] {
  return IMAGE_ARMS.filter(({ name }) => !without.includes(name));
}

/**
 * Rounds that are not counted: a service runs compiled code, not code that is just being compiled. Fewer of the image that
 * takes some arms a tenth of a second each.
 */
export function warmUpOf({ quick }: Bench, [properties]: Shape): number {
  if (quick) return 4;
  return properties > 100 ? 4 : 20;
}

/**
 * Sequential updates of images of several shapes: every arm has an image of its own of each shape, and takes turns with
 * the others. In the end every image is read past the arms, and must be what the same updates make of one in memory.
 */
export async function imageUpdates(bench: Bench, plan: UpdatePlan): Promise<ImageUpdates[]> {
  const { url, tables, random, say } = bench;
  const { shapes, arms, slice, update } = plan;
  const found: ImageUpdates[] = [];
  for (const shape of shapes) {
    const rounds = typeof plan.rounds === "number" ? plan.rounds : plan.rounds(shape);
    await tables.fill(
      imageTable,
      arms.map((_, index) => storedImage(index, shape)),
    );
    const open: { type: ImageArmType; arm: ImageArm; id: string; requests: number[]; saves: number[]; turn: number }[] =
      [];
    try {
      for (const [index, type] of arms.entries()) {
        const { id } = imageContent(index, shape);
        open.push({ type, arm: await type.open({ url, poolSize: 1 }), id, requests: [], saves: [], turn: 0 });
      }
      for (let round = 1 - warmUpOf(bench, shape); round <= rounds; round++) {
        say(`${shapeName(shape)}, ${round <= 0 ? "warm-up" : `round ${round} of ${rounds}`}`);
        for (const one of shuffled(open, random)) {
          let saving = 0;
          const requesting = await timed(async () => {
            for (let count = 0; count < slice; count++) {
              const image = await one.arm.load(one.id);
              saving += await timed(() => update(image, ++one.turn));
            }
          });
          if (round <= 0) continue;
          one.requests.push(requesting / slice);
          one.saves.push(saving / slice);
        }
      }
      for (const [index, { type, id, turn, requests, saves }] of open.entries()) {
        const oracle = new ImageOracle(index, shape);
        for (let done = 1; done <= turn; done++) await update(oracle.image, done);
        await oracle.verify(url, type.name, type.guarantee === "version checked" ? 1 + turn : undefined);
        found.push({ type, shape, requests, saves, sent: await sentBy(type, url, id, update) });
      }
    } finally {
      await Promise.all(open.map(({ arm }) => arm.close()));
    }
  }
  return found;
}

/** By arm, for one shape. */
export function samplesOf(updates: readonly ImageUpdates[], part: "requests" | "saves", shape: Shape): Samples {
  return Object.fromEntries(updates.filter((one) => one.shape === shape).map((one) => [one.type.name, one[part]]));
}

/** What one save of this library sends for an image with much on it, by the names of `goals.ts`. */
export async function countSent({ url, tables }: Bench, what: string, update: UpdatePlan["update"]): Promise<Findings> {
  const shape = SHAPES.at(-1)!;
  await tables.fill(imageTable, [storedImage(0, shape)]);
  const { save } = await sentBy(distinctionImages, url, imageContent(0, shape).id, update);
  const sent = { [`${what}.statements`]: save.statements, [`${what}.bytes`]: save.bytes };
  return {
    tables: [
      {
        title: `${what}: sent by one save, ${shapeName(shape)}`,
        columns: ["figure", "guarantee", "sent"],
        rows: Object.entries(sent).map(([name, value]) => [name, distinctionImages.guarantee, value]),
      },
    ],
    ratios: Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, exactly(value)])),
  };
}

/** What an arm sends to load an image and to save it, once it is warm. */
export async function sentBy(
  type: ImageArmType,
  url: string,
  id: string,
  update: UpdatePlan["update"],
): Promise<ImageUpdates["sent"]> {
  const { hostname, port } = new URL(url);
  const proxy = await TcpProxy.to(hostname, Number(port || 3306));
  let statements = 0;
  let bytes = 0;
  proxy.onPacket = ({ length }) => ((bytes += length), "pass");
  const arm = await type.open({ url: proxy.through(url), poolSize: 1, onStatement: () => void statements++ });
  try {
    await update(await arm.load(id), -3); // whatever it does once only, such as preparing statements
    const start = { statements, bytes };
    const image = await arm.load(id);
    const loaded = { statements, bytes };
    if (loaded.statements === start.statements) throw new Error(`${type.name}: its statements are not counted`);
    await update(image, -1);
    return { load: difference(loaded, start), save: difference({ statements, bytes }, loaded) };
  } finally {
    await arm.close();
    await proxy.close();
  }
}

function difference(after: Sent, before: Sent): Sent {
  return { statements: after.statements - before.statements, bytes: after.bytes - before.bytes };
}

export function storedImage(index: number, shape: Shape): object {
  const { attributes, ...image } = imageContent(index, shape);
  return { ...image, ...attributes };
}
