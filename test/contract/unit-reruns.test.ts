import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { environment } from "../integration/backends.js";
import { onUnitBackends, stored } from "./unit-place.js";

onUnitBackends((place, backend) => {
  test("many at once, opposite ways, keep the sum", async () => {
    const { articles, units } = place();
    const ids = [await stored(articles, { views: 500 }), await stored(articles, { views: 500 })] as const;
    const transfer = (from: string, to: string): Promise<void> =>
      units.run(async (tx) => {
        const inside = tx.repository(articles);
        const [source, target] = [await inside.get(from), await inside.get(to)];
        source.views -= 1;
        target.views += 1;
        await inside.save(source);
        await inside.save(target);
      });
    const orders = Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? [ids[1], ids[0]] : [ids[0], ids[1]]));
    await Promise.all(orders.map(([from, to]) => transfer(from!, to!)));
    expect([(await articles.get(ids[0])).views, (await articles.get(ids[1])).views]).toEqual([490, 510]);
  });

  // On SQLite a unit has the file to itself: nobody can come first.
  if (backend === "SQLite") return;

  test("runs again as a whole where another writer came first", async () => {
    const { units, articles, others } = place();
    const [read, written] = [await stored(articles), await stored(articles, { views: 1, labels: [["k", "1"]] })];
    const seen: number[] = [];
    await units.run(async (tx) => {
      const inside = tx.repository(articles);
      const article = await inside.get(written);
      seen.push(article.views);
      await inside.update(read, (other) => void (other.title = `attempt ${tx.attempt}`));
      if (tx.attempt <= 2) {
        await outsideOfUnits(() => others.update(written, (theirs) => void (theirs.views += 10)));
      }
      article.views *= 2;
      article.labels.set("k", String(article.views));
      // Even where the work takes the error for something it can live with.
      await inside.save(article).catch((error: unknown) => expect(error).toMatchObject({ code: "UNIT_RERUN" }));
    });
    expect(seen).toEqual([1, 11, 21]);
    expect(await articles.get(written)).toMatchObject({ views: 42 });
    expect((await articles.get(read)).title).toBe("attempt 3");
  });

  test("runs again where a record was added or removed meanwhile", async () => {
    const { units, articles, others } = place();
    const [added, removed] = [randomUUID(), await stored(articles)];
    const answers: string[] = [];
    await units.run(async (tx) => {
      const inside = tx.repository(articles);
      const [one, two] = [await inside.find(added), await inside.find(removed)];
      answers.push(`${one === undefined ? "add" : "edit"} ${two === undefined ? "nothing" : "remove"}`);
      if (tx.attempt === 1) {
        await outsideOfUnits(async () => {
          await others.add(others.create({ id: added, views: 5 }));
          await others.remove(await others.get(removed));
        });
      }
      if (two !== undefined) await inside.remove(two);
      if (one === undefined) await inside.add(inside.create({ id: added }));
      else await inside.update(added, (article) => void article.views++);
    });
    expect(answers).toEqual(["add remove", "edit nothing"]);
    expect((await articles.get(added)).views).toBe(6);
  });

  test.each(["one by one", "as a batch"])(
    "runs again where what it did not find was added meanwhile, %s",
    async (how) => {
      const { units, articles, others } = place();
      const id = randomUUID();
      const answers: string[] = [];
      await units.run(async (tx) => {
        const inside = tx.repository(articles);
        const found = await inside.find(id);
        answers.push(found === undefined ? "add" : "edit");
        if (tx.attempt === 1) await outsideOfUnits(() => others.add(others.create({ id, views: 5 })));
        if (found !== undefined) await inside.update(id, (article) => void article.views++);
        else if (how === "one by one") await inside.add(inside.create({ id }));
        else await inside.addAll([inside.create({ id }), inside.create({ id: randomUUID() })]);
      });
      expect(answers).toEqual(["add", "edit"]);
      expect((await articles.get(id)).views).toBe(6);
    },
  );

  test("a removal of what another writer changed runs again, too", async () => {
    const { units, articles, others } = place();
    const id = await stored(articles);
    let runs = 0;
    await units.run(async (tx) => {
      const article = await tx.repository(articles).get(id);
      if (++runs === 1) await outsideOfUnits(() => others.update(id, (theirs) => void (theirs.title = "theirs")));
      await tx.repository(articles).remove(article);
    });
    expect([runs, await articles.find(id)]).toEqual([2, undefined]);
  });

  test("gives up after a number of attempts, with nothing written", async () => {
    const { articles, others, databases } = place();
    const id = await stored(articles);
    const few = { ...environment, retry: { unitAttempts: 2, firstPause: 1 } };
    const [database] = databases;
    const impatient = database === undefined ? new MemoryUnitOfWork(few) : new SqlUnitOfWork(database, few);
    const run = impatient.run(async (tx) => {
      const article = await tx.repository(articles).get(id);
      await outsideOfUnits(() => others.update(id, (theirs) => void theirs.views++));
      article.title = "never";
      await tx.repository(articles).save(article);
    });
    await expect(run).rejects.toMatchObject({
      code: "RETRIES_EXHAUSTED",
      message: expect.stringContaining("2") as string,
    });
    expect(await articles.get(id)).toMatchObject({ title: "", views: 2 });
  });
});

/** Another client's doing, which only this process happens to do as well. */
async function outsideOfUnits(work: () => Promise<unknown>): Promise<void> {
  await work();
}
