import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChangeSet } from "../../../domain/distinction/change-set.js";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import type { SaveResult } from "../../../domain/distinction/save-options.js";
import { ConflictError } from "../../../domain/distinction/errors.js";
import type { JsonValue } from "../../../domain/distinction/json-text.js";
import type { RecordId } from "../../../domain/distinction/record-id.js";
import type { RecordState } from "../../../domain/distinction/record-state.js";
import type { RecordStore } from "../../../domain/distinction/record-store.js";
import { MemoryRecordStore } from "../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../support/fake-clock.js";
import { photoState, photoType, type Photo } from "../../support/photo.js";
import { CONFLICT, mergeJson, mergeMembers, mergeValue, same, type Rule } from "../../support/three-way.js";

type Document = { [name: string]: JsonValue };

/** A photo as the oracle knows it. */
interface Model {
  readonly title: string;
  readonly views: number;
  readonly rank: number | null;
  readonly editor: string;
  readonly origin: string;
  readonly metadata: JsonValue;
  readonly properties: ReadonlyMap<string, string>;
  readonly ratings: ReadonlyMap<string, number>;
  readonly tags: ReadonlySet<string>;
}

const RULES: Readonly<Record<"title" | "views" | "rank" | "editor" | "origin", Rule>> = {
  title: "reject",
  views: "sum",
  rank: "max",
  editor: "mine",
  origin: "theirs",
};

function modelOf(photo: Photo): Model {
  const { title, views, rank, editor, origin, metadata, properties, ratings, tags } = photo;
  return {
    ...{ title, views, rank, editor, origin },
    metadata: JSON.parse(JSON.stringify(metadata)) as JsonValue,
    properties: new Map(properties),
    ratings: new Map(ratings),
    tags: new Set(tags),
  };
}

/** What a save of `mine` should store, or `undefined` where it should be refused. */
function merged(base: Model, mine: Model, theirs: Model): Model | undefined {
  let refused = false;
  const kept = <T>(value: T | typeof CONFLICT): T => {
    refused ||= value === CONFLICT;
    return value as T;
  };
  const map = <V>(rule: Rule, sides: readonly ReadonlyMap<string, V>[]): ReadonlyMap<string, V> => {
    const keys = new Set(sides.flatMap((side) => [...side.keys()]));
    const values = [...keys].map((key): [string, unknown] => {
      const [original, own, other] = sides.map((side) => side.get(key));
      return [key, kept(mergeValue(rule, original, own, other))];
    });
    return new Map(values.filter((entry): entry is [string, V & {}] => entry[1] !== undefined));
  };
  const attributes = Object.entries(RULES).map(([name, rule]) => {
    const [original, own, other] = [base, mine, theirs].map((side) => side[name as keyof typeof RULES]);
    return [name, kept(mergeValue(rule, original, own, other))];
  });
  const result: Model = {
    ...(Object.fromEntries(attributes) as Pick<Model, keyof typeof RULES>),
    metadata: kept(mergeJson(base.metadata, mine.metadata, theirs.metadata)) as JsonValue,
    properties: map("reject", [base.properties, mine.properties, theirs.properties]),
    ratings: map("sum", [base.ratings, mine.ratings, theirs.ratings]),
    tags: mergeMembers(base.tags, mine.tags, theirs.tags),
  };
  return refused ? undefined : result;
}

function equal(left: Model, right: Model): boolean {
  const plain = (model: Model): unknown => ({
    ...model,
    properties: [...model.properties].sort(),
    ratings: [...model.ratings].sort(),
    tags: [...model.tags].sort(),
  });
  return same(plain(left), plain(right));
}

interface Edit {
  readonly label: string;
  readonly run: (photo: Photo) => void;
}

const word = fc.constantFrom("x", "y", "z");
const amount = fc.constantFrom(1, 1, 2, -1);
const key = fc.constantFrom("a", "b", "__proto__", "toString");
const member = fc.constantFrom("a", "b", "__proto__", "0");

const edit: fc.Arbitrary<Edit> = fc.oneof(
  word.map((value) => ({ label: `title = ${value}`, run: (photo: Photo) => void (photo.title = value) })),
  amount.map((by) => ({ label: `views += ${by}`, run: (photo: Photo) => void (photo.views += by) })),
  fc
    .constantFrom(null, 1, 5, 9)
    .map((value) => ({ label: `rank = ${value}`, run: (photo: Photo) => void (photo.rank = value) })),
  word.map((value) => ({ label: `editor = ${value}`, run: (photo: Photo) => void (photo.editor = value) })),
  word.map((value) => ({ label: `origin = ${value}`, run: (photo: Photo) => void (photo.origin = value) })),
  fc.tuple(key, word).map(([key, value]) => ({
    label: `properties[${key}] = ${value}`,
    run: (photo: Photo) => void photo.properties.set(key, value),
  })),
  key.map((key) => ({ label: `drop properties[${key}]`, run: (photo: Photo) => void photo.properties.delete(key) })),
  fc.tuple(key, word).map(([key, value]) => ({
    label: `properties = {${key}: ${value}}`,
    run: (photo: Photo) => void (photo.properties = new Map([[key, value]])),
  })),
  fc.tuple(key, amount).map(([key, by]) => ({
    label: `ratings[${key}] += ${by}`,
    run: (photo: Photo) => void photo.ratings.set(key, (photo.ratings.get(key) ?? 0) + by),
  })),
  key.map((tag) => ({ label: `add tag ${tag}`, run: (photo: Photo) => void photo.tags.add(tag) })),
  key.map((tag) => ({ label: `drop tag ${tag}`, run: (photo: Photo) => void photo.tags.delete(tag) })),
  fc
    .tuple(
      fc.array(member, { minLength: 1, maxLength: 2 }),
      fc.option(fc.constantFrom<JsonValue[]>(1, 2, {}, [1]), { nil: undefined }),
    )
    .map(([path, value]) => ({
      label: `metadata.${path.join(".")} = ${JSON.stringify(value)}`,
      run: (photo: Photo) => setMember(photo.metadata as Document, path, value),
    })),
);

function setMember(document: Document, [name, ...rest]: readonly string[], value: JsonValue | undefined): void {
  if (rest.length > 0) {
    const child = Object.hasOwn(document, name!) ? document[name!] : undefined;
    const usable = typeof child === "object" && child !== null && !Array.isArray(child);
    const parent = usable ? child : {};
    if (!usable) define(document, name!, parent);
    setMember(parent, rest, value);
  } else if (value === undefined) {
    delete document[name!];
  } else {
    define(document, name!, structuredClone(value));
  }
}

function define(document: Document, name: string, value: JsonValue): void {
  Object.defineProperty(document, name, { value, writable: true, enumerable: true, configurable: true });
}

const START = { metadata: { a: { b: 1 }, b: 0 }, properties: [["a", "x"]] as [string, string][], tags: ["a"] };

test("2 to 5 clients in any order store what a serial oracle stores, and the version counts the effective saves", async () => {
  const step = fc.record({
    client: fc.nat(4),
    edits: fc.array(edit, { maxLength: 3 }),
    then: fc.constantFrom("save" as const, "save" as const, "reload" as const, "wait" as const),
  });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 5 }), fc.array(step, { maxLength: 25 }), async (size, script) => {
      const store = new MemoryRecordStore(photoType);
      await store.insert(photoState(START));
      const repository = () =>
        new DistinctRepository(photoType, store, { clock: new FakeClock(), random: () => 0.5, firstVersion: () => 1 });
      const clients = await Promise.all(
        Array.from({ length: size }, async () => {
          const photos = repository();
          const photo = await photos.get("p1");
          return { photos, photo, base: modelOf(photo) };
        }),
      );
      let stored = clients[0]!.base;
      let version = 1;

      for (const { client: index, edits, then } of script) {
        const client = clients[index % size]!;
        for (const { run } of edits) run(client.photo);
        const mine = modelOf(client.photo);
        if (then === "reload") {
          client.photo = await client.photos.reload(client.photo);
          client.base = modelOf(client.photo);
          expect(equal(client.base, stored)).toBe(true);
        } else if (then === "save") {
          const expected = merged(client.base, mine, stored);
          if (expected === undefined) {
            await expect(client.photos.save(client.photo)).rejects.toBeInstanceOf(ConflictError);
            expect(modelOf(client.photo)).toEqual(mine);
          } else if (equal(client.base, mine)) {
            expect(await client.photos.save(client.photo)).toMatchObject({ written: false });
          } else {
            const written = !equal(expected, stored);
            stored = expected;
            if (written) version++;
            expect(await client.photos.save(client.photo)).toMatchObject({ written, version });
            client.base = modelOf(client.photo);
            expect(client.base).toEqual(expected);
            expect(client.photos.changes(client.photo).changes).toEqual([]);
          }
        }
      }
      const last = await repository().get("p1");
      expect(modelOf(last)).toEqual(stored);
      expect((await store.load([["p1"]]))[0]!.version).toBe(version);
    }),
    { numRuns: 250 },
  );
});

describe("clients that save at the same time, each editing on while its save is under way", () => {
  /** Every call reaches the store when the scheduler says so. */
  class ScheduledStore implements RecordStore {
    constructor(
      private readonly inner: RecordStore,
      private readonly scheduler: fc.Scheduler,
    ) {}
    async #turn<T>(label: string, work: () => Promise<T>): Promise<T> {
      await this.scheduler.schedule(Promise.resolve(), `${label} arrives`);
      const result = await work();
      await this.scheduler.schedule(Promise.resolve(), `${label} answers`);
      return result;
    }
    load(...args: Parameters<RecordStore["load"]>): ReturnType<RecordStore["load"]> {
      return this.#turn("load", () => this.inner.load(...args));
    }
    insert(state: RecordState): ReturnType<RecordStore["insert"]> {
      return this.#turn("insert", () => this.inner.insert(state));
    }
    apply(base: RecordState, changes: ChangeSet): ReturnType<RecordStore["apply"]> {
      return this.#turn("apply", () => this.inner.apply(base, changes));
    }
    revise(id: RecordId, decide: Parameters<RecordStore["revise"]>[1]): ReturnType<RecordStore["revise"]> {
      return this.#turn("revise", () => this.inner.revise(id, decide));
    }
    remove(base: RecordState): ReturnType<RecordStore["remove"]> {
      return this.#turn("remove", () => this.inner.remove(base));
    }
    insertAll(...args: Parameters<RecordStore["insertAll"]>): ReturnType<RecordStore["insertAll"]> {
      return this.#turn("insertAll", () => this.inner.insertAll(...args));
    }
    applyAll(...args: Parameters<RecordStore["applyAll"]>): ReturnType<RecordStore["applyAll"]> {
      return this.#turn("applyAll", () => this.inner.applyAll(...args));
    }
    list(...args: Parameters<RecordStore["list"]>): ReturnType<RecordStore["list"]> {
      return this.#turn("list", () => this.inner.list(...args));
    }
  }

  test("lose nothing: increments add up, own keys and JSON members stay, the version counts the writes", async () => {
    const bursts = fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 4 }), {
      minLength: 2,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), bursts, async (scheduler, clients) => {
        const memory = new MemoryRecordStore(photoType);
        await memory.insert(photoState({ metadata: { shared: {} } }));
        const store = new ScheduledStore(memory, scheduler);
        const results: SaveResult[] = [];

        const work = async (increments: readonly number[], client: number): Promise<void> => {
          const photos = new DistinctRepository(photoType, store, {
            clock: new FakeClock(),
            random: () => 0.5,
            firstVersion: () => 1,
          });
          const photo = await photos.get("p1");
          const saves: Promise<void>[] = [];
          for (const [round, by] of increments.entries()) {
            photo.views += by;
            photo.ratings.set("all", (photo.ratings.get("all") ?? 0) + by);
            photo.ratings.set(`client ${client}`, round);
            photo.properties.set(`client ${client}`, String(round));
            (photo.metadata as { shared: Document }).shared[`client ${client}`] = round;
            photo.tags.add(`client ${client} round ${round}`);
            if (round > 0) photo.tags.delete(`client ${client} round ${round - 1}`);
            saves.push(photos.save(photo).then((result) => void results.push(result)));
            await scheduler.schedule(Promise.resolve(), `client ${client} goes on`);
          }
          await Promise.all(saves);
          results.push(await photos.save(photo)); // whatever was edited during the last save
          expect(photos.changes(photo).changes).toEqual([]);
        };
        await scheduler.waitFor(Promise.all(clients.map(work)));

        const [state] = await memory.load([["p1"]]);
        const { attributes, collections, version } = state!;
        const sum = clients.flat().reduce((total, by) => total + by, 0);
        const last = clients.map((increments, client) => [`client ${client}`, increments.length - 1] as const);
        expect(attributes.views).toBe(sum);
        expect(collections.ratings!.get("all")).toBe(sum);
        expect(collections.properties).toEqual(new Map(last.map(([name, round]) => [name, String(round)])));
        expect(photoType.attributes.metadata.expose(attributes.metadata)).toEqual({ shared: Object.fromEntries(last) });
        expect(new Set(collections.tags!.keys())).toEqual(
          new Set(last.map(([name, round]) => `${name} round ${round}`)),
        );
        expect(version).toBe(results.filter(({ written }) => written).length + 1);
      }),
      { numRuns: 100 },
    );
  });
});
