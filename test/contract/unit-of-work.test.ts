import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { TransactionScope } from "../../domain/distinction/unit/unit-of-work.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { imageType } from "../../domain/image/image-type.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { environment, newImage } from "../integration/backends.js";
import { onUnitBackends, stored } from "./unit-place.js";

onUnitBackends((place, backend) => {
  test("writes to several repositories at once", async () => {
    const { units, images, articles } = place();
    const [id, image] = [await stored(articles, { tags: ["old"] }), newImage()];
    const version = await units.run(async (tx) => {
      const article = await tx.repository(articles).get(id);
      article.title = "both";
      article.tags.add("new");
      await tx.repository(articles).save(article);
      await tx.repository(images).add(image);
      return tx.repository(articles).versionOf(article);
    });
    const now = await articles.get(id);
    expect([now.title, [...now.tags].sort(), articles.versionOf(now)]).toEqual(["both", ["new", "old"], version]);
    expect((await images.get(image.id)).id).toBe(image.id);
  });

  test("sees what it wrote itself, and merges with that", async () => {
    const { units, articles } = place();
    const [id, fresh] = [await stored(articles, { labels: [["a", "1"]] }), randomUUID()];
    await units.run(async (tx) => {
      const inside = tx.repository(articles);
      const [one, two] = [await inside.get(id), await inside.get(id)];
      one.title = "one";
      await inside.save(one);
      two.body = "two";
      two.labels.set("b", "2");
      expect(await inside.save(two)).toMatchObject({ retries: 1, written: true });
      await inside.add(inside.create({ id: fresh, views: 1 }));
      await inside.update(fresh, (article) => void article.views++);
      const twin = await inside.get(fresh);
      await inside.remove(await inside.get(fresh));
      twin.views = 7;
      await expect(inside.save(twin)).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
      expect(await inside.find(fresh)).toBeUndefined();
    });
    const now = await articles.get(id);
    expect([now.title, now.body, Object.fromEntries(now.labels)]).toEqual(["one", "two", { a: "1", b: "2" }]);
    expect(await articles.find(fresh)).toBeUndefined();
  });

  test("answers what is wrong inside as outside, and goes on where it is caught", async () => {
    const { units, articles } = place();
    const id = await stored(articles);
    await units.run(async (tx) => {
      const inside = tx.repository(articles);
      await expect(inside.add(inside.create({ id }))).rejects.toMatchObject({ code: "RECORD_EXISTS" });
      await expect(inside.get(randomUUID())).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
      await inside.update(id, (article) => void (article.title = "went on"));
    });
    expect((await articles.get(id)).title).toBe("went on");
  });

  test("gives one repository however often it is asked, and one that knows nothing of objects from elsewhere", async () => {
    const { units, articles } = place();
    const id = await stored(articles);
    const outside = await articles.get(id);
    outside.title = "outside";
    const inside = await units.run(async (tx) => {
      expect(tx.repository(articles)).toBe(tx.repository(articles));
      await expect(tx.repository(articles).save(outside)).rejects.toMatchObject({ code: "UNTRACKED_RECORD" });
      return tx.repository(articles).get(id);
    });
    inside.title = "inside";
    await expect(articles.save(inside)).rejects.toMatchObject({ code: "UNTRACKED_RECORD" });
    expect((await articles.get(id)).title).toBe("");
  });

  test("ends with its work: nothing of it can be used afterwards", async () => {
    const { units, articles } = place();
    const id = await stored(articles);
    const [scope, inside, record] = await units.run(async (tx) => {
      const repository = tx.repository(articles);
      return [tx, repository, await repository.get(id)] as const;
    });
    record.title = "late";
    await expect(inside.save(record)).rejects.toMatchObject({ code: "UNIT_MISUSED" });
    await expect(inside.get(id)).rejects.toMatchObject({ code: "UNIT_MISUSED" });
    expect(() => scope.repository(articles)).toThrowError(expect.objectContaining({ code: "UNIT_MISUSED" }));
  });

  if (backend === "memory") return;

  test("refuses what would wait for the unit itself: nested units, and the database by another way", async () => {
    const { units, articles, others } = place();
    const id = await stored(articles);
    const attempts: [string, (tx: TransactionScope) => Promise<unknown>][] = [
      ["plain load", () => articles.get(id)],
      ["plain save", () => articles.update(id, (article) => void (article.title = "plain"))],
      ["nested", () => units.run(() => Promise.resolve())],
      ["late", async () => (await Promise.resolve(), articles.find(id))],
    ];
    if (backend === "SQLite") attempts.push(["same file", () => others.get(id)]);
    for (const [name, work] of attempts) {
      await expect(units.run(work), name).rejects.toMatchObject({ code: "UNIT_MISUSED" });
    }
    expect((await articles.get(id)).title).toBe("");
  });

  test("refuses repositories of other databases", async () => {
    const { units, others } = place();
    const foreign = new DistinctImageRepository(new MemoryRecordStore(imageType), environment);
    for (const member of [others, foreign] as const) {
      const run = units.run((tx) => Promise.resolve(tx.repository(member as DistinctImageRepository)));
      await expect(run).rejects.toMatchObject({ code: "UNIT_MISUSED" });
    }
  });

  test("remembers operations of units that wrote, and sends nothing for those that did not", async () => {
    const { units, articles, databases } = place();
    const id = await stored(articles);
    const before = await operations(databases[0]!);
    await units.run((tx) => tx.repository(articles).get(id));
    expect(await operations(databases[0]!)).toBe(before);
    await units.run((tx) => tx.repository(articles).update(id, (article) => void article.views++));
    expect(await operations(databases[0]!)).toBe(before + 1);
  });

  test("a unit of one database may use another", async () => {
    const { units, articles } = place();
    const id = await stored(articles);
    const elsewhere = new DistinctImageRepository(new MemoryRecordStore(imageType), environment);
    await units.run(async (tx) => {
      await elsewhere.add(newImage());
      await tx.repository(articles).get(id);
    });
  });
});

async function operations(database: Database): Promise<number> {
  const sql = "SELECT COUNT(*) FROM distinction_operation";
  const [row] = await database.session((session) => session.rows({ sql, parameters: [] }));
  return Number(row![0]);
}
