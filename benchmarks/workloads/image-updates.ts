import type { ImageArm, ImageArmType, LoadedImage } from "../arms/images/image-arm.js";
import { IMAGE_ARMS } from "../arms/images/index.js";
import { distinctionImages } from "../arms/images/distinction.js";
import type { Bench, Findings } from "../bench.js";
import { exactly } from "../estimate.js";
import { ImageOracle } from "../image-oracle.js";
import { interleaved, timed, type Samples } from "../measure.js";
import { TcpProxy } from "../../test/support/tcp-proxy.js";
import { imageContent, imageTable, shapeName, SHAPES, type Shape } from "../model/image.js";

export interface Sent {
  /** Without BEGIN and COMMIT. */
  readonly statements: number;
  /** On the wire, to the server, everything included. */
  readonly bytes: number;
}

/** Images of one shape, and the way to the server over which they are updated. */
export interface UpdateCase {
  /** As samples name it. */
  readonly name: string;
  readonly shape: Shape;
  readonly url: string;
  readonly rounds: number;
  /** Rounds that are not counted: a service runs compiled code, not code that is just being compiled. */
  readonly warmUp: number;
}

/** What one arm did in one case. */
export interface ImageUpdates {
  readonly type: ImageArmType;
  readonly of: UpdateCase;
  /** What one request sends to load the image, and to save it. */
  readonly sent: { readonly load: Sent; readonly save: Sent };
  /** Milliseconds per request, one sample a round. */
  readonly requests: readonly number[];
  /** Milliseconds per save, the part of a request that writes. */
  readonly saves: readonly number[];
}

export interface UpdatePlan {
  readonly cases: readonly UpdateCase[];
  readonly arms: readonly ImageArmType[];
  /** Updates that an arm makes before it is another arm's turn. */
  readonly slice: number;
  /** Changes the image and saves it; `turn` is another number every time. */
  readonly update: (image: LoadedImage, turn: number) => Promise<void>;
}

/** Of ten updates each: most of the image that goals are about. */
export function roundsOf(shape: Shape): number {
  return shape[0] === 30 ? 100 : upTo(50)(shape);
}

/** So many of every image but the one that takes some arms a tenth of a second each. */
export function upTo(rounds: number): (shape: Shape) => number {
  return ([properties]) => (properties > 100 ? 16 : rounds);
}

/** The fewest that have an interval worth its name. */
const QUICK_ROUNDS = 5;

/** A quick look is at the one that goals are about. */
function shapesOf({ quick }: Bench): readonly Shape[] {
  return quick ? SHAPES.filter(([properties]) => properties === 30) : SHAPES;
}

/** A case for every shape. */
export function casesOf(bench: Bench, rounds: (shape: Shape) => number = roundsOf, warmUp = warmUpOf): UpdateCase[] {
  return shapesOf(bench).map((shape) => ({
    name: shapeName(shape),
    shape,
    url: bench.url,
    rounds: bench.quick ? QUICK_ROUNDS : rounds(shape),
    warmUp: warmUp(bench, shape),
  }));
}

/** All arms but those that need not be compared with. */
export function imageArms(without: readonly string[] = []): readonly ImageArmType[] {
  return IMAGE_ARMS.filter(({ name }) => !without.includes(name));
}

/** Fewer of the image that takes some arms a tenth of a second each. */
function warmUpOf({ quick }: Bench, [properties]: Shape): number {
  if (quick) return 3;
  return properties > 100 ? 4 : 20;
}

/** 2,500 updates of the image that takes least, so that every arm's code is compiled: ours is after some 2,900 saves. */
export function longWarmUpOf(bench: Bench, shape: Shape): number {
  return shape[0] === 0 && !bench.quick ? 250 : warmUpOf(bench, shape);
}

/**
 * Sequential updates of images: every arm has an image of its own in each case, and takes turns with the others, as the cases
 * do. In the end every image is read past the arms, and must be what the same updates make of one in memory.
 */
export async function imageUpdates(bench: Bench, { cases, arms, slice, update }: UpdatePlan): Promise<ImageUpdates[]> {
  const { tables, random, say } = bench;
  const planned = cases.flatMap((of) => arms.map((type) => ({ of, type }))).map((one, index) => ({ ...one, index }));
  await tables.fill(
    imageTable,
    planned.map(({ of, index }) => storedImage(index, of.shape)),
  );
  const open: UpdatedImage[] = [];
  try {
    for (const { of, type, index } of planned) {
      open.push(new UpdatedImage(of, type, index, await type.open({ url: of.url, poolSize: 1 })));
    }
    const contenders = open.map((one) => ({
      name: `${one.of.name}, ${one.type.name}`,
      round: (number: number) => one.round(slice, update, number > 0),
      rounds: one.of.rounds,
      warmUp: one.of.warmUp,
    }));
    const most = (part: "rounds" | "warmUp"): number => Math.max(...cases.map((one) => one[part]));
    await interleaved(contenders, most("rounds"), random, say, most("warmUp"));
    const found: ImageUpdates[] = [];
    for (const one of open) {
      await one.verify(bench.url, update);
      const { type, of, requests, saves } = one;
      found.push({ type, of, requests, saves, sent: await sentBy(type, of.url, one.id, update) });
    }
    return found;
  } finally {
    await Promise.all(open.map(({ arm }) => arm.close()));
  }
}

/** An arm's own image in a case. */
class UpdatedImage {
  readonly requests: number[] = [];
  readonly saves: number[] = [];
  readonly id: string;
  #turn = 0;

  constructor(
    readonly of: UpdateCase,
    readonly type: ImageArmType,
    private readonly index: number,
    readonly arm: ImageArm,
  ) {
    this.id = imageContent(index, of.shape).id;
  }

  /** Milliseconds per request. */
  async round(slice: number, update: UpdatePlan["update"], isCounted: boolean): Promise<number> {
    let saving = 0;
    const requesting = await timed(async () => {
      for (let count = 0; count < slice; count++) {
        const image = await this.arm.load(this.id);
        saving += await timed(() => update(image, ++this.#turn));
      }
    });
    if (isCounted) {
      this.requests.push(requesting / slice);
      this.saves.push(saving / slice);
    }
    return requesting / slice;
  }

  async verify(url: string, update: UpdatePlan["update"]): Promise<void> {
    const { name, guarantee } = this.type;
    const oracle = new ImageOracle(this.index, this.of.shape);
    for (let turn = 1; turn <= this.#turn; turn++) await update(oracle.image, turn);
    await oracle.verify(url, name, guarantee === "version checked" ? 1 + this.#turn : undefined);
  }
}

/** By arm, in one case. */
export function samplesOf(
  updates: readonly ImageUpdates[],
  part: "requests" | "saves",
  { name }: Pick<UpdateCase, "name">,
): Samples {
  return Object.fromEntries(updates.filter(({ of }) => of.name === name).map((one) => [one.type.name, one[part]]));
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
        title: `${what}: sent by one save, bytes on the wire, ${shapeName(shape)}`,
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
