import fc from "../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { ConflictError, InvalidValueError } from "../../domain/distinction/errors.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { moveTo } from "../../domain/image/image-steps.js";
import type { Image } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import { canBecome, type ImageStatus } from "../../domain/image/status-machine.js";
import { environment, newImage, onEveryBackend } from "./backends.js";

/** What one client does next: load, change its copy, or save it. */
type Action =
  | { readonly kind: "load" }
  | { readonly kind: "save" }
  | { readonly kind: "attribute"; readonly name: "name" | "owner"; readonly value: string }
  | { readonly kind: "property"; readonly key: string; readonly value: string | undefined }
  | { readonly kind: "tag"; readonly tag: string; readonly present: boolean }
  | { readonly kind: "location"; readonly present: boolean }
  | { readonly kind: "status"; readonly to: ImageStatus };

interface Step {
  readonly client: number;
  readonly action: Action;
}

/** An image as a flat table of cells: what the reference merges by. */
type Cells = Map<string, string>;

/** The reference: who changed a cell may store it unless another value came between; sets, and equal values, agree. */
class ReferenceImage {
  version = 1;
  cells: Cells;

  constructor(image: Image) {
    this.cells = cellsOf(image);
  }

  /** Whether the save goes through; `undefined` for one without a change. */
  save(base: Cells, mine: Cells): boolean | undefined {
    const changed = [...new Set([...base.keys(), ...mine.keys()])].filter((key) => base.get(key) !== mine.get(key));
    if (changed.length === 0) return undefined;
    const open = (key: string): boolean => {
      if (key === "status") return this.cells.get(key) === base.get(key) && isOneStep(base, mine);
      const now = this.cells.get(key);
      return now === base.get(key) || now === mine.get(key);
    };
    if (!changed.every(open)) return false;
    const effective = changed.filter((key) => this.cells.get(key) !== mine.get(key));
    for (const key of effective) {
      const value = mine.get(key);
      if (value === undefined) this.cells.delete(key);
      else this.cells.set(key, value);
    }
    if (effective.length > 0) this.version++;
    return true;
  }
}

/** A save stores one step of the status machine, however many were taken in memory. */
function isOneStep(base: Cells, mine: Cells): boolean {
  return canBecome(base.get("status") as ImageStatus, mine.get("status") as ImageStatus);
}

function cellsOf(image: Image): Cells {
  return new Map([
    ["name", String(image.name)],
    ["owner", String(image.owner)],
    ["status", image.status],
    ...[...image.properties].map(([key, value]) => [`properties ${key}`, value] as const),
    ...[...image.tags].map((tag) => [`tags ${tag}`, "there"] as const),
    ...[...image.locations.keys()].map((id) => [`locations ${id}`, "there"] as const),
  ]);
}

const few = fc.constantFrom("a", "b", "__proto__");
const ACTION: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constantFrom("load", "save", "save") }),
  fc.record({ kind: fc.constant("attribute"), name: fc.constantFrom("name", "owner"), value: few }),
  fc.record({ kind: fc.constant("property"), key: few, value: fc.option(few, { nil: undefined }) }),
  fc.record({ kind: fc.constant("tag"), tag: few, present: fc.boolean() }),
  fc.record({ kind: fc.constant("location"), present: fc.boolean() }),
  fc.record({ kind: fc.constant("status"), to: fc.constantFrom("saving", "active", "deactivated", "queued") }),
);

const SCRIPT = fc
  .integer({ min: 2, max: 5 })
  .chain((clients) => fc.array(fc.record({ client: fc.nat({ max: clients - 1 }), action: ACTION }), { maxLength: 40 }));

const twoSteps: readonly Step[] = [
  { client: 0, action: { kind: "status", to: "active" } },
  { client: 0, action: { kind: "status", to: "deactivated" } },
  { client: 0, action: { kind: "save" } },
];

describe("random scripts of 2 to 5 clients", () => {
  onEveryBackend((clients) => {
    test("end in the state of the reference, each save with its outcome", async () => {
      await fc.assert(
        fc.asyncProperty(SCRIPT, async (script) => {
          const [left, right] = clients().stores;
          const repositories = Array.from({ length: 5 }, (_, index) => {
            return new DistinctImageRepository(index % 2 ? right : left, environment);
          });
          const first = newImage({ name: "a", diskFormat: "raw", containerFormat: "bare", tags: ["a"] });
          await repositories[0]!.add(first);
          await play(script, repositories, first);
        }),
        {
          numRuns: clients().databases.length === 0 ? 300 : 40,
          // Two legal steps that a save does not take together.
          examples: [[twoSteps]],
        },
      );
    }, 120_000);
  });
});

async function play(script: readonly Step[], repositories: readonly DistinctImageRepository[], first: Image) {
  const reference = new ReferenceImage(first);
  const copies = await Promise.all(repositories.map((repository) => repository.get(first.id)));
  const bases = copies.map(cellsOf);
  for (const { client, action } of script) {
    const repository = repositories[client]!;
    if (action.kind === "load") {
      copies[client] = await repository.get(first.id);
      bases[client] = cellsOf(copies[client]);
    } else if (action.kind === "save") {
      const mine = copies[client]!;
      const expected = reference.save(bases[client]!, cellsOf(mine));
      const saved = await repository.save(mine).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof ConflictError) && !(error instanceof InvalidValueError)) throw error;
          return false;
        },
      );
      expect(saved).toBe(expected ?? true);
      if (expected !== undefined && saved) bases[client] = cellsOf(mine);
      if (expected === true) expect(cellsOf(mine)).toEqual(reference.cells);
    } else change(copies[client]!, action);
  }
  const now = await repositories[0]!.get(first.id);
  expect(cellsOf(now)).toEqual(reference.cells);
  expect(repositories[0]!.versionOf(now)).toBe(reference.version);
}

let locations = 0;

function change(image: Image, action: Exclude<Action, { kind: "load" | "save" }>): void {
  switch (action.kind) {
    case "attribute":
      image[action.name] = action.value;
      return;
    case "property":
      if (action.value === undefined) image.properties.delete(action.key);
      else image.properties.set(action.key, action.value);
      return;
    case "tag":
      if (action.present) image.tags.add(action.tag);
      else image.tags.delete(action.tag);
      return;
    case "location":
      // Never one that was there before: the reference knows of no order.
      if (action.present) image.locations.set(String(++locations), newLocation(`file:///${locations}`));
      else for (const id of [...image.locations.keys()].slice(0, 1)) image.locations.delete(id);
      return;
    case "status":
      if (canBecome(image.status, action.to)) moveTo(image, action.to);
  }
}
