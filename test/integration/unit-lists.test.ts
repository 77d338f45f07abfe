import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import { MOST_LISTED } from "../../infrastructure/persistence/units/seen-records.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { articleType } from "../support/article.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment, imagesIn, newImage, onServer } from "./backends.js";

const PAGE = 500;
/** So many that the server looks up the ones that it is to lock, rather than to read, and lock, them all. */
const ALL = 4 * MOST_LISTED;

test("in memory, too, what a unit lists is as of one moment, or it runs again", async () => {
  const [here, there] = [1, 2].map(() => new DistinctRepository(articleType, new MemoryRecordStore(articleType), environment)) as [
    DistinctRepository<typeof articleType>, DistinctRepository<typeof articleType>]; // prettier-ignore
  const [source, target, total] = [randomUUID(), randomUUID(), randomUUID()];
  for (const id of [source, total]) await here.add(here.create({ id, views: 500, title: id === total ? "total" : "" }));
  await there.add(there.create({ id: target, views: 500 }));
  const units = new MemoryUnitOfWork(environment);
  let runs = 0;
  await units.run(async (tx) => {
    const sources = tx.repository(here);
    const { records: one } = await sources.list({ where: { title: { eq: "" } } });
    if (++runs === 1) {
      await here.update(source, (article) => void (article.views -= 10));
      await there.update(target, (article) => void (article.views += 10));
    }
    const { records: other } = await tx.repository(there).list();
    const sum = [...one, ...other].reduce((views, article) => views + article.views, 0);
    await sources.update(total, (article) => void (article.views = sum));
  });
  expect([runs, (await here.get(total)).views]).toEqual([2, 1000]);
});

onServer((place) => {
  test("a unit that walks over a table locks a bounded part of it, and whatever it writes", async () => {
    const [mine, theirs] = [openTestDatabase(place().url), openTestDatabase(place().url)];
    onTestFinished(async () => {
      await mine.close();
      await theirs.close();
    });
    const [images, others] = [imagesIn(mine), imagesIn(theirs)];
    const all = Array.from({ length: ALL }, () => newImage());
    for (let from = 0; from < all.length; from += PAGE) await images.addAll(all.slice(from, from + PAGE));
    const free = { sql: "SELECT id FROM images FOR UPDATE SKIP LOCKED", parameters: [] };
    const written = all.map(({ id }) => id).sort().at(-1)!; // prettier-ignore
    const locked: [number, boolean][] = [];
    await new SqlUnitOfWork(mine, environment).run(async (tx) => {
      const rows = await theirs.lend((connection) => connection.rows(free));
      locked.push([all.length - rows.length, !rows.flat().includes(written)]);
      const inside = tx.repository(images);
      let last = newImage();
      for (let after: string | undefined; ;) {
        const { records } = await inside.list({
          sort: [{ by: "id" }],
          limit: PAGE,
          ...(after !== undefined && { after }),
        });
        if (records.length === 0) break;
        last = records.at(-1)!;
        after = last.id;
      }
      expect(last.id).toBe(written);
      if (tx.attempt <= 3) await others.update(written, (theirs) => void theirs.minRam++);
      last.minDisk++;
      await inside.save(last);
    });
    expect(locked).toEqual([[0, false], [0, false], [0, false], [MOST_LISTED + 1, true]]); // prettier-ignore
    expect(await images.get(written)).toMatchObject({ minDisk: 1, minRam: 3 });
  });
});
