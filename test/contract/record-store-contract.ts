import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { changeSet } from "../../domain/distinction/diff/change-set.js";
import { diff } from "../../domain/distinction/diff/diff.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { newState } from "../../domain/distinction/record/new-record.js";
import type { RecordState } from "../../domain/distinction/record/record-state.js";
import type { ApplyOutcome, RecordStore } from "../../domain/distinction/record-store.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { articleType } from "../support/article.js";

/** What every store promises, whatever it stores in. */
export function recordStoreContract(name: string, open: () => Promise<RecordStore>): void {
  describe(`record store contract: ${name}`, () => {
    const articles = async (): Promise<DistinctRepository<typeof articleType>> =>
      new DistinctRepository(articleType, await open(), {
        clock: systemClock,
        random: Math.random,
        firstVersion: () => 1,
      });

    test("gives back every kind of value as it was stored", async () => {
      const repository = await articles();
      const id = randomUUID();
      const article = repository.create({
        id,
        title: "Ünïcode 🎉 'quoted' \\ \"double\" \n line",
        body: "x".repeat(20_000),
        views: Number.MAX_SAFE_INTEGER,
        bytes: -(2n ** 63n),
        price: "-12345678.90",
        published: true,
        publishedAt: new Date("2026-01-31T23:59:59.999Z"),
        day: new Date("1999-12-31T00:00:00.000Z"),
        digest: Uint8Array.from([0, 1, 39, 92, 255]),
        state: "live",
        metadata: { a: [1, { b: null }], __proto__x: "y", "": -0.5, emoji: "🎉" },
        labels: [
          ["__proto__", "ordinary"],
          ["a", "1"],
          ["A", "2"],
          ["a ", "3"],
          ["", "4"],
        ],
        tags: ["z", "é", "e\u0301"],
        files: [["dir/ü.txt", { length: 5, sha256: "0".repeat(64), custom: { constructor: true } }]],
      });
      await repository.add(article);
      const stored = await repository.get(id);
      for (const name of Object.keys(articleType.attributes) as (keyof typeof articleType.attributes)[]) {
        expect(stored[name], name).toEqual(article[name]);
      }
      expect(new Map(stored.labels)).toEqual(new Map(article.labels));
      expect(new Set(stored.tags)).toEqual(new Set(article.tags));
      expect(new Map(stored.files)).toEqual(new Map(article.files));
      expect(repository.changes(stored).changes).toEqual([]);
    });

    test("stores all NULLs and empty collections", async () => {
      const repository = await articles();
      const id = randomUUID();
      await repository.add(repository.create({ id }));
      const stored = await repository.get(id);
      expect(stored).toMatchObject({ title: "", body: null, bytes: null, digest: null, metadata: {} });
      expect([stored.labels.size, stored.tags.size, stored.files.size]).toEqual([0, 0, 0]);
    });

    test("loads several records in the order asked for, undefined where there is none", async () => {
      const store = await open();
      const ids = [randomUUID(), randomUUID()];
      for (const id of ids) await store.insert(newState(articleType, { id, labels: [["k", id]] }));
      const loaded = await store.load([[ids[1]!], ["nobody"], [ids[0]!]]);
      expect(loaded.map((state) => state?.collections.labels?.get("k"))).toEqual([ids[1], undefined, ids[0]]);
    });

    test("does not take an id for another that differs by case or trailing space", async () => {
      const store = await open();
      const id = randomUUID();
      await store.insert(newState(articleType, { id: `${id}-a` }));
      expect(await store.load([[`${id}-A`], [`${id}-a `]])).toEqual([undefined, undefined]);
      expect(await store.insert(newState(articleType, { id: `${id}-A` }))).toBe("applied");
    });

    test("refuses a second record under the same id and stores nothing of it", async () => {
      const store = await open();
      const id = randomUUID();
      expect(await store.insert(newState(articleType, { id, labels: [["k", "first"]] }))).toBe("applied");
      const second = newState(articleType, {
        id,
        labels: [
          ["k", "second"],
          ["extra", ""],
        ],
      });
      expect(await store.insert(second)).toBe("duplicate");
      const [state] = await store.load([[id]]);
      expect([...state!.collections.labels!]).toEqual([["k", "first"]]);
    });

    test("applies a change set to the version it was made against, and raises the version by one", async () => {
      const store = await open();
      const before = await stored(store, {
        labels: [
          ["drop", "d"],
          ["edit", "e"],
        ],
        tags: ["old"],
      });
      const after = edited(before, {
        title: "new",
        metadata: { nested: { value: 1 } },
        labels: [
          ["edit", "E"],
          ["add", "a"],
        ],
        tags: ["new"],
        files: [["f", { length: 1, sha256: "", custom: null }]],
      });
      expect(await apply(store, before, after)).toEqual({ kind: "applied" });
      const [now] = await store.load([[before.attributes.id as string]]);
      expect(diff(articleType, after, now!)).toEqual([]);
      expect(now!.version).toBe(before.version + 1);
    });

    test("raises the version when only entries change", async () => {
      const store = await open();
      const before = await stored(store, {});
      await apply(store, before, edited(before, { tags: ["t"] }));
      const [now] = await store.load([[before.attributes.id as string]]);
      expect(now!.version).toBe(before.version + 1);
    });

    test("answers stale with the current state, and writes nothing", async () => {
      const store = await open();
      const before = await stored(store, { labels: [["k", "0"]] });
      await apply(store, before, edited(before, { title: "first", labels: [["k", "1"]] }));
      const late = edited(before, { title: "late", labels: [["k", "2"]], tags: ["late"] });
      const outcome = await apply(store, before, late);
      expect(outcome).toMatchObject({ kind: "stale", current: { version: before.version + 1 } });
      const [now] = await store.load([[before.attributes.id as string]]);
      expect(now!.attributes.title).toBe("first");
      expect([...now!.collections.labels!]).toEqual([["k", "1"]]);
      expect(now!.collections.tags!.size).toBe(0);
    });

    test("answers missing for a record that is not there, and never brings it back", async () => {
      const store = await open();
      const before = await stored(store, { labels: [["k", "0"]] });
      expect(await store.remove(before)).toEqual({ kind: "applied" });
      const outcome = await apply(store, before, edited(before, { title: "zombie", tags: ["t"] }));
      expect(outcome).toEqual({ kind: "missing" });
      expect(await store.load([[before.attributes.id as string]])).toEqual([undefined]);
    });

    test("removes a record with its entries, but not one that has changed", async () => {
      const store = await open();
      const before = await stored(store, { labels: [["k", "0"]], tags: ["t"] });
      await apply(store, before, edited(before, { title: "changed" }));
      expect(await store.remove(before)).toMatchObject({ kind: "stale", current: { version: 2 } });
      const [now] = await store.load([[before.attributes.id as string]]);
      expect(await store.remove(now!)).toEqual({ kind: "applied" });
      expect(await store.remove(now!)).toEqual({ kind: "missing" });
      const again = newState(articleType, { id: before.attributes.id });
      await store.insert(again);
      const [fresh] = await store.load([[before.attributes.id as string]]);
      expect([fresh!.collections.labels!.size, fresh!.collections.tags!.size]).toEqual([0, 0]);
    });

    test("revises what is there now, under a lock", async () => {
      const store = await open();
      const before = await stored(store, { views: 1 });
      const increment = (current: RecordState) =>
        diff(articleType, current, edited(current, { views: Number(current.attributes.views) + 1 }));
      const id = before.attributes.id as string;
      await Promise.all(Array.from({ length: 8 }, () => store.revise([id], increment)));
      const [now] = await store.load([[id]]);
      expect(now).toMatchObject({ version: 9, attributes: { views: 9 } });
      expect(await store.revise(["nobody"], increment)).toEqual({ kind: "missing" });
    });

    test("writes nothing when a revision is refused", async () => {
      const store = await open();
      const before = await stored(store, {});
      const id = before.attributes.id as string;
      const refuse = (): never => {
        throw new Error("refused");
      };
      await expect(store.revise([id], refuse)).rejects.toThrow("refused");
      expect((await store.load([[id]]))[0]!.version).toBe(before.version);
    });

    test("loads just the entries asked for", async () => {
      const store = await open();
      const before = await stored(store, {
        labels: [
          ["a", "1"],
          ["b", "2"],
          ["c", "3"],
        ],
        tags: ["t"],
      });
      const id = before.attributes.id as string;
      const [some] = await store.load([[id]], { labels: ["a", "c", "nothing"], files: [] });
      expect([...some!.collections.labels!]).toEqual([
        ["a", "1"],
        ["c", "3"],
      ]);
      expect(some!.collections.tags!.size).toBe(1);
      expect(some!.collections.files!.size).toBe(0);
    });

    test("keeps a thousand entries, written at once and changed by one", async () => {
      const store = await open();
      const files = Array.from({ length: 1_000 }, (_, index) => [
        `f${index}`,
        { length: index, sha256: "", custom: null },
      ]);
      const before = await stored(store, { files });
      const id = before.attributes.id as string;
      const [loaded] = await store.load([[id]]);
      expect(loaded!.collections.files!.size).toBe(1_000);
      expect(diff(articleType, before, loaded!)).toEqual([]);
      await apply(
        store,
        loaded!,
        edited(loaded!, { files: [...files.slice(1), ["f1", { length: 7, sha256: "", custom: null }]] }),
      );
      const [now] = await store.load([[id]]);
      expect(now!.collections.files!.size).toBe(999);
      expect(now!.collections.files!.get("f1")).toMatchObject({ length: 7 });
    });

    test("merges concurrent saves of different attributes, entries and JSON members", async () => {
      const repository = await articles();
      const id = randomUUID();
      await repository.add(
        repository.create({
          id,
          metadata: { a: 1, b: 1 },
          labels: [
            ["foo", "bar"],
            ["goo", "far"],
          ],
        }),
      );
      const [a, b, c] = await Promise.all([repository.get(id), repository.get(id), repository.get(id)]);
      a.labels.set("foo", "baz");
      a.views += 5;
      b.labels.set("goo", "yuck");
      b.views += 3;
      (b.metadata as { a: number }).a = 2;
      c.title = "title";
      c.tags.add("t");
      (c.metadata as { b: number }).b = 2;
      await Promise.all([repository.save(a), repository.save(b), repository.save(c)]);
      const now = await repository.get(id);
      expect(Object.fromEntries(now.labels)).toEqual({ foo: "baz", goo: "yuck" });
      expect(now).toMatchObject({ title: "title", views: 8, metadata: { a: 2, b: 2 } });
      expect([...now.tags]).toEqual(["t"]);
      expect(repository.versionOf(now)).toBe(4);
    });

    test("counts every step of concurrent updates, though writers come to the same value", async () => {
      const store = await open();
      // Repositories of their own, as in several processes: nothing lines them up before they reach the store.
      const writers = Array.from({ length: 6 }, () => {
        const retry = { updateAttempts: 1_000 };
        return new DistinctRepository(articleType, store, { clock: systemClock, random: Math.random, retry });
      });
      const id = randomUUID();
      const counts = { metadata: { steps: 0 }, bytes: 0n, labels: [["steps", "0"]] as const };
      await writers[0]!.add(writers[0]!.create({ id, ...counts }));
      const steps = writers.map(async (repository) => {
        for (let step = 0; step < 5; step++) {
          await repository.update(id, (article) => {
            article.bytes! += 1n;
            (article.metadata as { steps: number }).steps++;
            article.labels.set("steps", String(Number(article.labels.get("steps")) + 1));
          });
        }
      });
      await Promise.all(steps);
      const now = await writers[0]!.get(id);
      expect(now).toMatchObject({ bytes: 30n, metadata: { steps: 30 } });
      expect(now.labels.get("steps")).toBe("30");
    });
  });
}

async function stored(store: RecordStore, values: Record<string, unknown>): Promise<RecordState> {
  const state = newState(articleType, { id: randomUUID(), ...values });
  await store.insert(state);
  const [loaded] = await store.load([[state.attributes.id as string]]);
  return loaded!;
}

/** `state` with some values replaced, as a caller could have made it. */
function edited(state: RecordState, values: Record<string, unknown>): RecordState {
  const exposed = Object.fromEntries(
    Object.entries(articleType.attributes).map(([name, type]) => [name, type.expose(state.attributes[name])]),
  );
  const entries = Object.fromEntries(
    Object.entries(state.collections).map(([name, map]) => [name, name === "tags" ? [...map.keys()] : [...map]]),
  );
  return { ...newState(articleType, { ...exposed, ...entries, ...values }), version: state.version };
}

function apply(store: RecordStore, before: RecordState, after: RecordState): Promise<ApplyOutcome> {
  const id = [before.attributes.id as string];
  return store.apply(before, changeSet("article", id, before.version, diff(articleType, before, after)));
}
