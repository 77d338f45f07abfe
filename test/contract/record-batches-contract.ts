import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { BatchConflictError } from "../../domain/distinction/save/batch-errors.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { RecordStore } from "../../domain/distinction/record-store.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { articleType, type Article } from "../support/article.js";

type Articles = DistinctRepository<typeof articleType>;

/** What every store promises of several records at a time. */
export function recordBatchesContract(name: string, open: () => Promise<RecordStore>): void {
  describe(`batches: ${name}`, () => {
    const environment = { clock: systemClock, random: Math.random, firstVersion: () => 1 };
    const articles = async (): Promise<Articles> => new DistinctRepository(articleType, await open(), environment);
    /** `count` stored articles, loaded by the first repository; the second one is another client. */
    const stored = async (count: number): Promise<{ mine: Articles; others: Articles; loaded: Article[] }> => {
      const [mine, others] = [await articles(), await articles()];
      const run = randomUUID().slice(0, 8);
      const ids = Array.from({ length: count }, (_, index) => `${run}-${index}`);
      await mine.addAll(ids.map((id) => mine.create({ id, labels: [["k", "0"]], metadata: { a: 1, b: 1 } })));
      return { mine, others, loaded: await mine.getMany(ids) };
    };

    test("adds many with their entries, and gives them back in the order asked for", async () => {
      const { mine, loaded } = await stored(30);
      const ids = loaded.map(({ id }) => id).reverse();
      const again = await mine.getMany([...ids, ids[0]!]);
      expect(again.map(({ id }) => id)).toEqual([...ids, ids[0]]);
      expect(again.at(-1)).toBe(again[0]);
      expect(again.every(({ labels }) => labels.get("k") === "0")).toBe(true);
      expect(await mine.getMany([])).toEqual([]);
      await expect(mine.getMany([ids[0]!, "nobody", "nowhere"])).rejects.toMatchObject({
        code: "RECORD_NOT_FOUND",
        message: expect.stringMatching(/nobody, nowhere/) as string,
      });
    });

    test("adds none where one is there already, and names it", async () => {
      const { mine, loaded } = await stored(2);
      const fresh = mine.create({ id: randomUUID(), tags: ["t"] });
      await expect(mine.addAll([fresh, mine.create({ id: loaded[1]!.id })])).rejects.toMatchObject({
        code: "RECORD_EXISTS",
        message: expect.stringContaining(loaded[1]!.id) as string,
      });
      expect(await mine.find(fresh.id)).toBeUndefined();
      await mine.addAll([fresh]);
      await mine.addAll([]);
      await expect(mine.addAll([mine.create({ id: "twice" }), mine.create({ id: "twice" })])).rejects.toMatchObject({
        code: "INVALID_VALUE",
      });
      expect(await mine.find("twice")).toBeUndefined();
    });

    test("saves what changed in each, of every type, and what did not stays as it is", async () => {
      const { mine, loaded } = await stored(12);
      const values = {
        title: "Ünïcode 🎉 'q' \\ \" \n\t ",
        body: "x".repeat(5_000),
        views: Number.MAX_SAFE_INTEGER,
        bytes: -(2n ** 63n),
        price: "-12345678.90",
        published: true,
        publishedAt: new Date("9999-12-31T23:59:59.999Z"),
        day: new Date("1000-01-01T00:00:00.000Z"),
        digest: Uint8Array.from([0, 1, 39, 92, 255]),
        state: "live" as const,
        metadata: { a: [1, { b: null }], "": -0.5, emoji: "🎉", text: '\\"\n' },
      };
      for (const [index, article] of loaded.entries()) {
        if (index < 4) Object.assign(article, values);
        else if (index < 7) Object.assign(article, { body: null, bytes: 2n ** 63n - 1n, digest: new Uint8Array() });
        else if (index < 9) article.tags.add("t").add(`t${index}`);
        else if (index < 11) article.labels.set("k", String(index)).set("new", "").delete("none");
      }
      loaded[10]!.labels.delete("k");
      const results = await mine.saveAll(loaded);
      expect(results.map(({ written }) => written)).toEqual([...Array.from({ length: 11 }, () => true), false]);
      expect(results.map(({ version }) => version)).toEqual([...Array.from({ length: 11 }, () => 2), 1]);
      const again = await mine.getMany(loaded.map(({ id }) => id));
      for (const [index, article] of again.entries()) {
        for (const attribute of Object.keys(articleType.attributes) as (keyof typeof articleType.attributes)[]) {
          expect(article[attribute], `${index} ${attribute}`).toEqual(loaded[index]![attribute]);
        }
        expect(new Map(article.labels)).toEqual(new Map(loaded[index]!.labels));
        expect(new Set(article.tags)).toEqual(new Set(loaded[index]!.tags));
        expect(mine.versionOf(article)).toBe(mine.versionOf(loaded[index]!));
      }
      expect((await mine.saveAll(again)).every(({ written }) => !written)).toBe(true);
      for (const article of again) article.bytes = null;
      await mine.saveAll(again);
      expect((await mine.getMany(loaded.map(({ id }) => id))).map(({ bytes }) => bytes)).toEqual(again.map(() => null));
    });

    test("merges with those who came first, and shows what they wrote", async () => {
      const { mine, others, loaded } = await stored(6);
      for (const article of loaded) {
        article.views += 5;
        (article.metadata as { a: number }).a = 2;
      }
      for (const index of [1, 4]) {
        await others.update(loaded[index]!.id, (article) => {
          article.views += 3;
          article.title = "theirs";
          (article.metadata as { b: number }).b = 2;
          article.labels.set("theirs", "1");
        });
      }
      const results = await mine.saveAll(loaded);
      expect(results.map(({ retries }) => retries)).toEqual([0, 1, 0, 0, 1, 0]);
      expect(results.map(({ version }) => version)).toEqual([2, 3, 2, 2, 3, 2]);
      expect(loaded[4]).toMatchObject({ views: 8, title: "theirs", metadata: { a: 2, b: 2 } });
      expect(loaded[4]!.labels.get("theirs")).toBe("1");
      const again = await others.getMany(loaded.map(({ id }) => id));
      expect(again.map(({ views }) => views)).toEqual([5, 8, 5, 5, 8, 5]);
      expect(mine.changes(loaded[4]!).changes).toEqual([]);
      await mine.saveAll(loaded); // nothing left, and no version moves
      expect((await others.get(loaded[4]!.id)).views).toBe(8);
    });

    test("writes nothing where overlaps are refused, tells all of them, and leaves the objects alone", async () => {
      const { mine, others, loaded } = await stored(5);
      for (const article of loaded) article.title = "mine";
      loaded[0]!.tags.add("mine");
      for (const index of [1, 3]) await others.update(loaded[index]!.id, (article) => void (article.title = "theirs"));
      const error: unknown = await mine.saveAll(loaded).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(BatchConflictError);
      expect(error).toMatchObject({
        code: "CONFLICT",
        id: loaded[1]!.id,
        conflicts: [{ id: loaded[1]!.id }, { id: loaded[3]!.id, overlaps: [{ path: "title", theirs: "theirs" }] }],
      });
      expect(loaded.every(({ title }) => title === "mine")).toBe(true);
      const again = await others.getMany(loaded.map(({ id }) => id));
      expect(again.map(({ title }) => title)).toEqual(["", "theirs", "", "theirs", ""]);
      expect([...again[0]!.tags]).toEqual([]);
      await mine.saveAll([loaded[0]!, loaded[2]!, loaded[4]!]);
      expect((await others.get(loaded[0]!.id)).title).toBe("mine");
    });

    test("writes nothing where one is gone, or one is faulty, or one is there twice", async () => {
      const { mine, others, loaded } = await stored(3);
      for (const article of loaded) article.title = "mine";
      const copy = await mine.get(loaded[0]!.id);
      await expect(mine.saveAll([...loaded, copy])).rejects.toMatchObject({ code: "INVALID_VALUE" });
      await expect(mine.saveAll([loaded[0]!, loaded[0]!])).rejects.toMatchObject({ code: "INVALID_VALUE" });
      loaded[1]!.views = 0.5;
      loaded[2]!.title = "x".repeat(256);
      await expect(mine.saveAll(loaded)).rejects.toMatchObject({
        faults: [{ path: "[1].views" }, { path: "[2].title" }],
      });
      Object.assign(loaded[1]!, { views: 0 });
      Object.assign(loaded[2]!, { title: "mine" });
      await others.remove(await others.get(loaded[1]!.id));
      await expect(mine.saveAll(loaded)).rejects.toMatchObject({
        code: "RECORD_NOT_FOUND",
        message: expect.stringContaining(loaded[1]!.id) as string,
      });
      expect(await others.find(loaded[1]!.id)).toBeUndefined();
      expect((await others.get(loaded[0]!.id)).title).toBe("");
      await mine.saveAll([loaded[0]!, loaded[2]!]);
    });

    test("tells the observer of each record", async () => {
      const { mine, others, loaded } = await stored(3);
      const seen: string[] = [];
      const observer = {
        retried: ({ id }: { id: string }) => void seen.push(`retried ${id}`),
        conflicted: ({ id }: { id: string }) => void seen.push(`conflicted ${id}`),
        saved: ({ id, changes }: { id: string; changes: number }) => void seen.push(`saved ${id}: ${changes}`),
      };
      const watched = new DistinctRepository(articleType, await open(), { ...environment, observer });
      const ids = loaded.map(({ id }) => id);
      const records = await watched.getMany(ids);
      for (const article of loaded.slice(1)) article.views++;
      await mine.saveAll(loaded);
      records[0]!.title = "one";
      records[1]!.views++;
      await watched.saveAll(records);
      expect(seen).toEqual([`saved ${ids[0]}: 1`, `retried ${ids[1]}`, `saved ${ids[1]}: 1`, `saved ${ids[2]}: 0`]);
      seen.length = 0;
      for (const id of ids) await others.update(id, (article) => void (article.body = "theirs"));
      for (const article of records) article.body = "mine";
      await expect(watched.saveAll(records)).rejects.toThrow(BatchConflictError);
      expect(seen).toEqual(ids.map((id) => `conflicted ${id}`));
    });

    test("saves of the same objects take turns, whatever their order in a batch", async () => {
      const { mine, loaded } = await stored(3);
      const [a, b, c] = loaded as [Article, Article, Article];
      const saves: Promise<unknown>[] = [];
      for (let round = 0; round < 5; round++) {
        for (const article of loaded) article.views++;
        saves.push(mine.saveAll([a, b, c]), mine.saveAll([c, b, a]), mine.save(b));
      }
      await Promise.all(saves);
      expect((await mine.getMany(loaded.map(({ id }) => id))).map(({ views }) => views)).toEqual([5, 5, 5]);
    });

    test("batches over the same records in opposite order lose nothing", async () => {
      const { mine, others, loaded } = await stored(8);
      const ids = loaded.map(({ id }) => id);
      const rounds = async (repository: Articles, order: readonly string[], label: string): Promise<void> => {
        for (let round = 0; round < 10; round++) {
          const records = await repository.getMany(order);
          for (const [index, article] of records.entries()) {
            article.views++;
            if (index % 2 === 0) article.labels.set(label, String(round));
          }
          await repository.saveAll(records);
        }
      };
      await Promise.all([rounds(mine, ids, "mine"), rounds(others, ids.toReversed(), "others")]);
      const now = await mine.getMany(ids);
      expect(now.map(({ views }) => views)).toEqual(ids.map(() => 20));
      expect(now.map((article) => mine.versionOf(article))).toEqual(ids.map(() => 21));
      expect(now[0]!.labels.get("mine")).toBe("9");
    });

    test("a thousand records at once", { timeout: 60_000 }, async () => {
      const { mine, others, loaded } = await stored(1_000);
      for (const article of loaded) {
        article.title = `title of ${article.id}`;
        article.tags.add("t");
        article.labels.delete("k");
      }
      await others.update(loaded[500]!.id, (article) => void (article.views = 7));
      await mine.saveAll(loaded);
      const now = await others.getMany(loaded.map(({ id }) => id));
      expect(
        now.every(({ id, title, tags, labels }) => title === `title of ${id}` && tags.has("t") && labels.size === 0),
      ).toBe(true);
      expect(now[500]!.views).toBe(7);
    });
  });
}
