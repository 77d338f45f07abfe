import type { Image } from "../../domain/image/image-type.js";
import { canBecome, sourcesOf, type ImageStatus } from "../../domain/image/status-machine.js";

/** An image as a flat table of cells, and the order of its locations: what the reference merges by. */
export interface Flat {
  readonly cells: ReadonlyMap<string, string>;
  readonly order: readonly string[];
}

export function flat(image: Image): Flat {
  const cells = new Map([
    ...(["name", "owner", "visibility", "protected", "status"] as const).map(
      (name) => [name, String(image[name])] as const,
    ),
    ...[...image.properties].map(([key, value]) => [`properties ${key}`, value] as const),
    ...[...image.tags].map((tag) => [`tags ${tag}`, "there"] as const),
    ...[...image.locations].map(([id, { metadata }]) => [`locations ${id}`, JSON.stringify(metadata)] as const),
  ]);
  return { cells, order: [...image.locations.keys()] };
}

/**
 * What a single writer would have stored: who changed a cell may store it unless another value came between; sets, and equal
 * values, agree. Who put locations into another order may store it unless others did, too, and differently.
 */
export class ReferenceImage {
  version = 1;
  now: Flat;

  constructor(image: Image) {
    this.now = flat(image);
  }

  /** Whether the save goes through; `undefined` for one without a change. */
  save(base: Flat, mine: Flat): boolean | undefined {
    const changed = changedCells(base, mine);
    const reorders = isReordered(base.order, mine.order);
    if (changed.length === 0 && !reorders) return undefined;
    const meets = reorders && isReordered(base.order, this.now.order) && isReordered(this.now.order, mine.order);
    if (meets || !changed.every((key) => this.#isOpen(key, base, mine))) return false;
    const cells = new Map(this.now.cells);
    for (const key of changed) {
      const value = mine.cells.get(key);
      if (value === undefined) cells.delete(key);
      else cells.set(key, value);
    }
    const ahead = reorders ? mine.order : this.now.order;
    const behind = reorders ? this.now.order : mine.order;
    const order = [...new Set([...ahead, ...behind])].filter((id) => cells.has(`locations ${id}`));
    this.#become({ cells, order });
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

  #isOpen(key: string, base: Flat, mine: Flat): boolean {
    const [was, now, to] = [base.cells.get(key), this.now.cells.get(key), mine.cells.get(key)];
    if (key !== "status") return now === was || now === to;
    // A save stores one step, however many were taken in memory, and not that to a deletion of what is protected.
    const isProtected = (base.cells.get("protected") === mine.cells.get("protected") ? this.now : mine).cells;
    const isKept = to === "pending_delete" && isProtected.get("protected") === "true";
    return now === was && canBecome(was as ImageStatus, to as ImageStatus) && !isKept;
  }

  #become(after: Flat): void {
    if (changedCells(this.now, after).length > 0 || isReordered(this.now.order, after.order)) this.version++;
    this.now = after;
  }
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
