import fc from "../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { ConflictError, InvalidValueError } from "../../domain/distinction/errors.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { moveTo } from "../../domain/image/image-steps.js";
import type { Image } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import type { ImageMemberRepository } from "../../domain/image/member-repository.js";
import { canBecome, type ImageStatus } from "../../domain/image/status-machine.js";
import { code } from "../support/repository-outcomes.js";
import { environment, newImage, onEveryBackend } from "./backends.js";
import { flat, ReferenceImage } from "./reference-image.js";
import { childRows } from "./two-writers.js";

/** What a client does to its copy. */
type Edit =
  | { readonly kind: "attribute"; readonly name: "name" | "owner"; readonly value: string }
  | { readonly kind: "visibility"; readonly value: Image["visibility"] }
  | { readonly kind: "protected"; readonly value: boolean }
  | { readonly kind: "property"; readonly key: string; readonly value: string | undefined }
  | { readonly kind: "tag"; readonly tag: string; readonly present: boolean }
  | { readonly kind: "location"; readonly present: boolean }
  | { readonly kind: "metadata"; readonly at: number; readonly zone: string }
  | { readonly kind: "reorder"; readonly how: "reverse" | "rotate" }
  | { readonly kind: "status"; readonly to: ImageStatus };

/** What a client does next: load, change its copy, save or remove it, or work past it. */
type Action =
  | { readonly kind: "load" | "save" | "remove" }
  | { readonly kind: "atomic"; readonly key: string; readonly value: string; readonly present: boolean }
  | { readonly kind: "member"; readonly who: string; readonly does: "add" | "accept" | "remove" }
  | Edit;

interface Step {
  readonly client: number;
  readonly action: Action;
}

const few = fc.constantFrom("a", "b", "__proto__");
const ACTION: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("load", "save", "save") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove") }) },
  ...[
    fc.record({ kind: fc.constant("attribute"), name: fc.constantFrom("name", "owner"), value: few }),
    fc.record({ kind: fc.constant("visibility"), value: fc.constantFrom("public", "private", "shared") }),
    fc.record({ kind: fc.constant("protected"), value: fc.boolean() }),
    fc.record({ kind: fc.constant("property"), key: few, value: fc.option(few, { nil: undefined }) }),
    fc.record({ kind: fc.constant("tag"), tag: few, present: fc.boolean() }),
    fc.record({ kind: fc.constant("location"), present: fc.boolean() }),
    fc.record({ kind: fc.constant("metadata"), at: fc.nat({ max: 3 }), zone: few }),
    fc.record({ kind: fc.constant("reorder"), how: fc.constantFrom("reverse", "rotate") }),
    fc.record({
      kind: fc.constant("status"),
      to: fc.constantFrom("saving", "active", "deactivated", "queued", "pending_delete"),
    }),
    fc.record({ kind: fc.constant("atomic"), key: few, value: few, present: fc.boolean() }),
    fc.record({ kind: fc.constant("member"), who: few, does: fc.constantFrom("add", "accept", "remove") }),
  ].map((arbitrary: fc.Arbitrary<Action>) => ({ weight: 2, arbitrary })),
);

const SCRIPT = fc
  .integer({ min: 2, max: 5 })
  .chain((clients) => fc.array(fc.record({ client: fc.nat({ max: clients - 1 }), action: ACTION }), { maxLength: 40 }));

const by = (client: number, ...actions: Action[]): Step[] => actions.map((action) => ({ client, action }));

const REVERSE: Action = { kind: "reorder", how: "reverse" };

/** Two legal steps that a save does not take together; the same order twice, and two orders; a removal that comes late. */
const EXAMPLES: readonly (readonly Step[])[] = [
  by(0, { kind: "status", to: "active" }, { kind: "status", to: "deactivated" }, { kind: "save" }),
  [...by(0, REVERSE), ...by(1, REVERSE, { kind: "save" }), ...by(0, { kind: "save" })],
  [...by(0, REVERSE), ...by(1, { kind: "reorder", how: "rotate" }, { kind: "save" }), ...by(0, { kind: "save" })],
  [...by(0, { kind: "tag", tag: "b", present: true }, { kind: "save" }), ...by(1, { kind: "remove" })],
  [...by(0, { kind: "member", who: "a", does: "add" }, { kind: "remove" }), ...by(1, { kind: "save" })],
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
          for (const id of ["one", "two", "three"]) first.locations.set(id, newLocation(`file:///${id}`));
          await repositories[0]!.add(first);
          const play = new Play(repositories, clients().members, first.id);
          await play.begin();
          for (const step of script) if (!(await play.take(step))) break;
          await play.end(() => childRows(clients(), first.id));
        }),
        { numRuns: clients().databases.length === 0 ? 300 : 40, examples: EXAMPLES.map((script) => [script]) },
      );
    }, 180_000);
  });
});

/** One image, those who work on it, and what is expected of it. */
class Play {
  #reference!: ReferenceImage;
  #copies!: Image[];
  #bases!: ReturnType<typeof flat>[];
  readonly #shared = new Map<string, string>();
  #isRemoved = false;

  constructor(
    private readonly repositories: readonly DistinctImageRepository[],
    private readonly members: readonly ImageMemberRepository[],
    private readonly id: string,
  ) {}

  async begin(): Promise<void> {
    this.#copies = await Promise.all(this.repositories.map((repository) => repository.get(this.id)));
    this.#bases = this.#copies.map(flat);
    this.#reference = new ReferenceImage(this.#copies[0]!);
  }

  /** Answers whether the image is still there. */
  async take({ client, action }: Step): Promise<boolean> {
    switch (action.kind) {
      case "load":
        this.#copies[client] = await this.repositories[client]!.get(this.id);
        this.#bases[client] = flat(this.#copies[client]);
        break;
      case "save":
        await this.#save(client);
        break;
      case "remove":
        await this.#remove(client);
        break;
      case "atomic":
        await this.#atomic(client, action);
        break;
      case "member":
        await this.#share(client, action);
        break;
      default:
        change(this.#copies[client]!, action);
    }
    return !this.#isRemoved;
  }

  /** What is stored is what is expected; and whoever is not in another's way may save at once. */
  async end(rowsLeft: () => Promise<number>): Promise<void> {
    const [repository] = this.repositories;
    if (this.#isRemoved) {
      expect([await repository!.find(this.id), await rowsLeft()]).toEqual([undefined, 0]);
      const late = this.#copies.map(async (copy, client) => {
        copy.properties.set("late", "x");
        await expect(this.repositories[client]!.save(copy)).rejects.toHaveProperty(
          "code",
          expect.stringMatching(/^RECORD_(NOT_FOUND|REMOVED)$/),
        );
      });
      return void (await Promise.all(late));
    }
    await this.#isAsExpected();
    const listed = await this.members[0]!.list(this.id);
    expect(new Map(listed.map(({ memberId, status }) => [memberId, status]))).toEqual(this.#shared);

    this.#copies = await Promise.all(this.repositories.map((one) => one.get(this.id)));
    this.#copies.forEach((copy, client) => {
      copy.properties.set(`of ${client}`, "x");
      copy.tags.add(`of ${client}`);
      const mine = new Map(this.#reference.now.cells)
        .set(`properties of ${client}`, "x")
        .set(`tags of ${client}`, "there");
      this.#reference.save(this.#reference.now, { ...this.#reference.now, cells: mine });
    });
    await Promise.all(this.#copies.map((copy, client) => this.repositories[client]!.save(copy)));
    await this.#isAsExpected();
  }

  async #isAsExpected(): Promise<void> {
    const now = await this.repositories[0]!.get(this.id);
    expect(flat(now)).toEqual(this.#reference.now);
    expect(this.repositories[0]!.versionOf(now)).toBe(this.#reference.version);
  }

  async #save(client: number): Promise<void> {
    const mine = this.#copies[client]!;
    const expected = this.#reference.save(this.#bases[client]!, flat(mine));
    const saved = await goesThrough(this.repositories[client]!.save(mine));
    expect(saved).toBe(expected ?? true);
    if (expected === undefined || !saved) return;
    this.#bases[client] = flat(mine);
    expect(flat(mine)).toEqual(this.#reference.now);
  }

  async #remove(client: number): Promise<void> {
    const [repository, mine] = [this.repositories[client]!, this.#copies[client]!];
    const expected = this.#reference.mayRemove(this.#bases[client]!, repository.versionOf(mine));
    expect(await goesThrough(repository.remove(mine))).toBe(expected);
    this.#isRemoved = expected;
  }

  async #atomic(client: number, { key, value, present }: Extract<Action, { kind: "atomic" }>): Promise<void> {
    const repository = this.repositories[client]!;
    const expected = present
      ? this.#reference.setProperty(key, undefined, value)
      : this.#reference.setProperty(key, value, undefined);
    const done = present
      ? repository.setPropertyAtomic(this.id, key, value)
      : repository.deletePropertyAtomic(this.id, key, value);
    expect(await goesThrough(done)).toBe(expected);
  }

  async #share(client: number, { who, does }: Extract<Action, { kind: "member" }>): Promise<void> {
    const members = this.members[client % 2]!;
    const isMember = this.#shared.has(who);
    if (does === "add") {
      const added = members.add(this.id, who);
      if (this.#reference.now.cells.get("visibility") !== "shared") {
        await expect(added).rejects.toHaveProperty("code", expect.stringMatching(/^(INVALID_VALUE|RECORD_EXISTS)$/));
      } else if (isMember) await expect(added).rejects.toMatchObject(code("RECORD_EXISTS"));
      else {
        await added;
        this.#shared.set(who, "pending");
      }
      return;
    }
    const member = await members.find(this.id, who);
    expect(member !== undefined).toBe(isMember);
    if (member === undefined) return;
    if (does === "remove") {
      await members.remove(member);
      this.#shared.delete(who);
    } else {
      member.status = "accepted";
      await members.save(member);
      this.#shared.set(who, "accepted");
    }
  }
}

/** Whether it is done; `false` for the refusals that scripts may meet. */
async function goesThrough(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (!(error instanceof ConflictError) && !(error instanceof InvalidValueError)) throw error;
    return false;
  }
}

let locations = 0;

function change(image: Image, action: Edit): void {
  switch (action.kind) {
    case "attribute":
      image[action.name] = action.value;
      return;
    case "visibility":
      image.visibility = action.value;
      return;
    case "protected":
      image.protected = action.value;
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
      if (action.present) image.locations.set(String(++locations), newLocation(`file:///${locations}`));
      else for (const id of [...image.locations.keys()].slice(0, 1)) image.locations.delete(id);
      return;
    case "metadata": {
      const [, location] = [...image.locations][action.at] ?? [];
      if (location !== undefined) location.metadata = { zone: action.zone };
      return;
    }
    case "reorder": {
      const [first, ...rest] = [...image.locations.keys()];
      if (first !== undefined) {
        image.locations.reorder(action.how === "rotate" ? [...rest, first] : [...rest.reverse(), first]);
      }
      return;
    }
    case "status":
      if (canBecome(image.status, action.to) && !(action.to === "pending_delete" && image.protected)) {
        moveTo(image, action.to);
      }
  }
}
