import { expect } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import type { SaveOptions, SaveResult } from "../../domain/distinction/save/save-options.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import type { ImageStatus } from "../../domain/image/status-machine.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { memberTable } from "../../infrastructure/persistence/images/member-table.js";
import { newImage, type Clients } from "./backends.js";

export const FOO_GOO: NewImage = {
  properties: [
    ["foo", "bar"],
    ["goo", "far"],
  ],
};

export const ORDERS = ["A first", "B first", "at once"] as const;
export type Order = (typeof ORDERS)[number];

export type Edit = (image: Image) => void;

export interface Finish {
  readonly order: Order;
  readonly a: PromiseSettledResult<SaveResult>;
  readonly b: PromiseSettledResult<SaveResult>;
  /** As stored after both. */
  readonly now: Image;
  readonly version: number;
}

/** What a race begins with: values for a new image, or what makes one. */
export type Start = NewImage | (() => Image);

export function setFoo(value: string): Edit {
  return (image) => image.properties.set("foo", value);
}

export function setGoo(value: string): Edit {
  return (image) => image.properties.set("goo", value);
}

/** A new image as each of the clients loads it. */
export async function loadedTwice({ a, b }: Clients, values: Start): Promise<readonly [Image, Image]> {
  const image = typeof values === "function" ? values() : newImage(values);
  await a.add(image);
  return Promise.all([a.get(image.id), b.get(image.id)]);
}

/** Both clients load a new image, edit it, and save it in this order. */
export async function raced(
  clients: Clients,
  order: Order,
  values: Start,
  editA: Edit,
  editB: Edit,
  options?: SaveOptions,
): Promise<Finish> {
  const { a, b } = clients;
  const [imageA, imageB] = await loadedTwice(clients, values);
  editA(imageA);
  editB(imageB);
  const outcomes = await inOrder(
    order,
    () => a.save(imageA, options),
    () => b.save(imageB, options),
  );
  const now = await a.get(imageA.id);
  return { order, ...outcomes, now, version: a.versionOf(now) };
}

/** A race in which nobody has to give way. */
export async function kept(...race: Parameters<typeof raced>): Promise<Finish> {
  const finish = await raced(...race);
  expect([finish.a, finish.b]).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
  return finish;
}

/** Who won a race in which one had to give way, and what the other was told: a conflict. */
export function decided({ order, a, b }: Finish): { won: "a" | "b"; conflict: ConflictError } {
  const { won, reason } = oneWon(order, { a, b });
  expect(reason).toBeInstanceOf(ConflictError);
  return { won, conflict: reason as ConflictError };
}

/** Of two exactly one succeeded: who came first, where that was settled. And why the other did not. */
export function oneWon(order: Order, { a, b }: Outcomes): { won: "a" | "b"; reason: unknown } {
  expect([a.status, b.status].sort()).toEqual(["fulfilled", "rejected"]);
  const won = a.status === "fulfilled" ? "a" : "b";
  if (order !== "at once") expect(won).toBe(order === "A first" ? "a" : "b");
  return { won, reason: ((won === "a" ? b : a) as PromiseRejectedResult).reason };
}

export interface Outcomes {
  readonly a: PromiseSettledResult<unknown>;
  readonly b: PromiseSettledResult<unknown>;
}

export async function inOrder<A, B>(
  order: Order,
  a: () => Promise<A>,
  b: () => Promise<B>,
): Promise<{ a: PromiseSettledResult<A>; b: PromiseSettledResult<B> }> {
  switch (order) {
    case "A first":
      return { a: await settled(a()), b: await settled(b()) };
    case "B first": {
      const first = await settled(b());
      return { a: await settled(a()), b: first };
    }
    case "at once": {
      const [first, second] = await Promise.all([settled(a()), settled(b())]);
      return { a: first, b: second };
    }
  }
}

export async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}

/**
 * The rows of an image's collections and members as they stand in their tables, whether or not anybody is shown them. In
 * memory, where a state holds its entries, those of its members.
 */
export async function storedRows({ databases: [database], members }: Clients, id: string): Promise<readonly string[]> {
  if (database === undefined) return (await members[0].list(id)).map((member) => JSON.stringify(member));
  const found: string[] = [];
  for (const { name } of [...Object.values(imageTable.entryTables), memberTable]) {
    const sql = `SELECT * FROM ${name} WHERE image_id = ?`;
    const rows = await database.session((session) => session.rows({ sql, parameters: [id] }));
    found.push(...rows.map((row) => `${name} ${row.map(String).join("|")}`));
  }
  return found.sort();
}

/** How many of an image's rows a purge leaves. */
export async function childRows(clients: Clients, id: string): Promise<number> {
  await clients.upkeep.purge(10_000);
  return (await storedRows(clients, id)).length;
}

/** A new image that is in `status` already. */
export function imageIn(status: ImageStatus, values: NewImage = {}): () => Image {
  return () => {
    const image = newImage({ diskFormat: "raw", containerFormat: "bare", ...values });
    image.status = status;
    return image;
  };
}
