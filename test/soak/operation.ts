import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import { writerAttribute, type Ledger } from "./ledger.js";

/** Edits of one record, by what they change of it. */
export const EDITS = ["own", "sum", "json", "property", "tag", "label", "title", "rename"] as const;

/** Several records at once, all or none. */
export const GROUPS = ["unit", "batch"] as const;

/** On records that come and go. */
export const SLOTS = ["slot-add", "slot-edit", "slot-remove"] as const;

export type Edit = (typeof EDITS)[number];
export type Group = (typeof GROUPS)[number];
export type Slot = (typeof SLOTS)[number];

/** One thing that a writer does. Numbers count up from 1 for each writer. */
export interface Operation {
  readonly writer: number;
  readonly number: number;
  readonly kind: Edit | Group | Slot;
  readonly ids: readonly string[];
  readonly amount: number;
}

/** Where operations go. */
export interface Field {
  readonly ids: readonly string[];
  readonly slots: readonly string[];
}

/** Records that everybody wants. */
const HOT = 4;
const HOT_SHARE = 0.2;

/** The next operation of a writer. Full writes know neither groups nor removals. */
export function nextOperation(
  random: () => number,
  { ids, slots }: Field,
  arm: "changes" | "full",
): Pick<Operation, "kind" | "ids" | "amount"> {
  const amount = 1 + Math.floor(random() * 9);
  const some = (): string => one(random, random() < HOT_SHARE ? ids.slice(0, HOT) : ids);
  const share = arm === "full" ? 1 : random();
  if (share < 0.03) return { kind: one(random, SLOTS), ids: [one(random, slots)], amount };
  if (share < 0.08) return { kind: "unit", ids: distinct(some, 2), amount };
  if (share < 0.18) return { kind: "batch", ids: distinct(some, 2 + (amount % 6)), amount };
  return { kind: one(random, EDITS), ids: [some()], amount };
}

/** What an operation does to its record, the one at `place` of its ids. */
export function perform({ writer, number, kind, amount }: Operation, record: Ledger, place: number): void {
  record[writerAttribute(writer)] = number;
  record.writes++;
  const own = `w${writer}`;
  switch (kind) {
    case "own":
      return void (record.best = Math.max(record.best ?? 0, number));
    case "sum":
    case "slot-edit":
      record.total += amount;
      return void record.tallies.set("all", (record.tallies.get("all") ?? 0) + amount);
    case "json":
      return writeDocument(record.document as Document, own, number);
    case "property":
    case "batch":
      record.total += amount;
      record.properties.delete(`${own}:${(number + 4) % 8}`);
      return void record.properties.set(`${own}:${number % 8}`, String(number));
    case "tag":
      for (const tag of [...record.tags]) if (tag.startsWith(`${own}:`)) record.tags.delete(tag);
      return void record.tags.add(`${own}:${number}`);
    case "label": {
      const others = (record.labels as string[]).filter((label) => !label.startsWith(`${own}:`));
      return void (record.labels = [...others, `${own}:${number}`]);
    }
    case "title":
    case "rename":
      return void (record.title = `${own}:${number}`);
    case "unit":
      return void (record.total += place === 0 ? -amount : amount);
    case "slot-add":
    case "slot-remove":
      return;
  }
}

type Document = { [name: string]: JsonValue };

/** A member of the writer's own that is made, changed and taken away, two levels deep. */
function writeDocument(document: Document, own: string, number: number): void {
  const mine = (document[own] ??= {}) as Document;
  mine.last = number;
  if (number % 2 === 0) delete mine.odd;
  else mine.odd = { ...(mine.odd as Document | undefined), [`at ${number % 3}`]: number };
}

function one<T>(random: () => number, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

function distinct(some: () => string, size: number): string[] {
  const found = new Set<string>();
  while (found.size < size) found.add(some());
  return [...found];
}

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
