import type { Image } from "../../domain/image/image-type.js";
import {
  canBecome,
  FORMATLESS,
  FORMATS_OPEN,
  needsFormats,
  sourcesOf,
  type ImageStatus,
} from "../../domain/image/status-machine.js";

/** An image as a flat table of cells, and the order of its locations: what the reference merges by. */
export interface Flat {
  readonly cells: ReadonlyMap<string, string>;
  readonly order: readonly string[];
}

const ATTRIBUTES = [
  ...(["name", "owner", "visibility", "protected", "osHidden", "status", "minDisk", "minRam"] as const),
  ...(["diskFormat", "containerFormat", "size", "virtualSize", "checksum"] as const),
];
const FORMATS = ["diskFormat", "containerFormat"];
const SIZES = ["size", "virtualSize"];
const NONE = "null";

export function flat(image: Image): Flat {
  const cells = new Map([
    ...ATTRIBUTES.map((name) => [name, String(image[name])] as const),
    ...[...image.properties].map(([key, value]) => [`properties ${key}`, value] as const),
    ...[...image.tags].map((tag) => [`tags ${tag}`, "there"] as const),
    ...[...image.locations].map(
      ([id, { url, metadata }]) => [`locations ${id}`, JSON.stringify([url, metadata])] as const,
    ),
  ]);
  return { cells, order: [...image.locations.keys()] };
}

/** How a save is asked for. */
export interface Asked {
  readonly mode?: "merge" | "strict";
  /** An attribute to write whatever others made of it, even where its value is the same. */
  readonly force?: string | undefined;
}

/**
 * What a single writer would have stored: who changed a cell may store it unless another value came between; sets, and equal
 * values, agree. Who put locations into another order may store it unless others did, too, and differently. What a change
 * takes for granted has to hold for what is stored, and the rules of an image for what would be.
 */
export class ReferenceImage {
  constructor(
    public now: Flat,
    public version = 1,
  ) {}

  copy(): ReferenceImage {
    return new ReferenceImage(this.now, this.version);
  }

  /** Whether the save goes through; `undefined` for one without a change. */
  save(base: Flat, mine: Flat, { mode, force }: Asked = {}): boolean | undefined {
    const isForeign = changedCells(base, this.now).length > 0 || isReordered(base.order, this.now.order);
    const changed = new Set([...changedCells(base, mine), ...(force === undefined ? [] : [force])]);
    const reorders = isReordered(base.order, mine.order);
    if (changed.size === 0 && !reorders) return mode === "strict" && isForeign ? false : undefined;
    if (!holds(base, mine, changed, base) || isRuleBroken(mine, changed)) return false;
    if ((mode === "strict" && isForeign) || !holds(base, mine, changed, this.now)) return false;
    const meets = reorders && isReordered(base.order, this.now.order) && isReordered(this.now.order, mine.order);
    const isOpen = (key: string): boolean => {
      const [was, now, to] = [base.cells.get(key), this.now.cells.get(key), mine.cells.get(key)];
      return now === was || now === to || key === force;
    };
    if (meets || ![...changed].every(isOpen)) return false;
    const merged = this.#merged(mine, changed, reorders);
    const left = new Set(changedCells(this.now, merged));
    if (left.size > 0 && (!holds(this.now, merged, left, this.now) || isRuleBroken(merged, left))) return false;
    this.#become(merged, force !== undefined);
    return true;
  }

  /** Whether an atomic operation goes through. */
  setProperty(key: string, expected: string | undefined, value: string | undefined): boolean {
    const name = `properties ${key}`;
    if (this.now.cells.get(name) !== expected) return false;
    const cells = new Map(this.now.cells);
    if (value === undefined) cells.delete(name);
    else cells.set(name, value);
    this.#become({ ...this.now, cells });
    return true;
  }

  /** Whether a removal of what was loaded as `base` goes through. */
  mayRemove(base: Flat, version: number): boolean {
    const isRemovable = sourcesOf("deleted").includes(base.cells.get("status") as ImageStatus);
    return version === this.version && isRemovable && base.cells.get("protected") === "false";
  }

  #merged(mine: Flat, changed: ReadonlySet<string>, reorders: boolean): Flat {
    const cells = new Map(this.now.cells);
    for (const key of changed) {
      const value = mine.cells.get(key);
      if (value === undefined) cells.delete(key);
      else cells.set(key, value);
    }
    const ahead = reorders ? mine.order : this.now.order;
    const behind = reorders ? this.now.order : mine.order;
    return { cells, order: [...new Set([...ahead, ...behind])].filter((id) => cells.has(`locations ${id}`)) };
  }

  #become(after: Flat, isForced = false): void {
    if (isForced || changedCells(this.now, after).length > 0 || isReordered(this.now.order, after.order))
      this.version++;
    this.now = after;
  }
}

/** Whether what a change from `before` to `after` takes for granted is so in `state`. */
function holds(before: Flat, after: Flat, changed: ReadonlySet<string>, state: Flat): boolean {
  const was = (name: string): string => before.cells.get(name)!;
  const is = (name: string): string => state.cells.get(name)!;
  const [from, to] = [was("status") as ImageStatus, after.cells.get("status") as ImageStatus];
  if (FORMATS.some((name) => changed.has(name)) && !FORMATS_OPEN.includes(is("status") as ImageStatus)) return false;
  if (!changed.has("status")) return true;
  if (!canBecome(from, to) || is("status") !== from) return false;
  const isFreed = changed.has("protected") && after.cells.get("protected") === "false";
  if (to === "pending_delete" && !isFreed && is("protected") === "true") return false;
  return !needsFormats(from, to) || FORMATS.every((name) => is(name) === was(name));
}

/** Whether an image may not be stored like this by who changed these cells. */
function isRuleBroken({ cells, order }: Flat, changed: ReadonlySet<string>): boolean {
  const touches = (names: readonly string[]): boolean => ["status", ...names].some((name) => changed.has(name));
  const has = (name: string): boolean => cells.get(name) !== NONE;
  const status = cells.get("status") as ImageStatus;
  if (changed.has("status") && status === "pending_delete" && cells.get("protected") === "true") return true;
  if (!FORMATLESS.includes(status) && touches(FORMATS) && !FORMATS.every(has)) return true;
  if (status === "queued" && touches(SIZES) && SIZES.some(has)) return true;
  const isPut = [...changed].some((key) => key.startsWith("locations ") && cells.has(key));
  return isPut && new Set(order.map((id) => cells.get(`locations ${id}`))).size < order.length;
}

function changedCells(base: Flat, after: Flat): string[] {
  const keys = new Set([...base.cells.keys(), ...after.cells.keys()]);
  return [...keys].filter((key) => base.cells.get(key) !== after.cells.get(key));
}

/** Whether those that are in both come in another order. */
function isReordered(before: readonly string[], after: readonly string[]): boolean {
  const left = before.filter((id) => after.includes(id));
  const right = after.filter((id) => before.includes(id));
  return left.some((id, index) => right[index] !== id);
}
