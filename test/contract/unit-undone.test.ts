import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { ApplyOutcome } from "../../domain/distinction/record-store.js";
import type { RepositoryEnvironment } from "../../domain/distinction/repository-environment.js";
import type { UnitOfWork } from "../../domain/distinction/unit/unit-of-work.js";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { environment, newImage } from "../integration/backends.js";
import { articleTable, articleType } from "../support/article.js";
import { FakeClock } from "../support/fake-clock.js";
import { onUnitBackends, stored } from "./unit-place.js";

/** What the work of a unit may meet elsewhere, and looks as if our own connection had met it. */
const FOREIGN_ERRORS: [name: string, error: Error][] = [
  ["a missing file", Object.assign(new Error("no such file"), { code: "ENOENT", errno: -2, syscall: "open" })],
  ["an error of the application", Object.assign(new Error("coupon 77 has expired"), { code: "EXPIRED" })],
  ["another server's deadlock", Object.assign(new Error("Deadlock found"), { code: "ER_LOCK_DEADLOCK", errno: 1213 })],
  ["another server's end", Object.assign(new Error("closed"), { code: "PROTOCOL_CONNECTION_LOST", fatal: true })],
  ["another file's lock", Object.assign(new Error("locked"), { code: "SQLITE_BUSY" })],
];

onUnitBackends((place, backend) => {
  test("leaves nothing of a unit that fails, and passes on its error as it is", async () => {
    const { units, images, articles } = place();
    const [kept, gone, image] = [await stored(articles), await stored(articles), newImage()];
    const reason = new Error("no");
    let runs = 0;
    const run = units.run(async (tx) => {
      runs++;
      const inside = tx.repository(articles);
      await inside.update(kept, (article) => void (article.title = "changed"));
      await inside.remove(await inside.get(gone));
      await tx.repository(images).add(image);
      throw reason;
    });
    await expect(run).rejects.toBe(reason);
    expect(runs).toBe(1);
    expect((await articles.get(kept)).title).toBe("");
    expect((await articles.get(gone)).id).toBe(gone);
    expect(await images.find(image.id)).toBeUndefined();
  });

  test.each(FOREIGN_ERRORS)("passes on as it is, and does not run again for, %s", async (_, error) => {
    const { units, articles } = place();
    const id = await stored(articles);
    let runs = 0;
    const run = units.run(async (tx) => {
      runs++;
      await tx.repository(articles).update(id, (article) => void (article.title = "changed"));
      throw error;
    });
    await expect(run).rejects.toBe(error);
    expect([runs, (await articles.get(id)).title]).toEqual([1, ""]);
    const inside = units.run((tx) =>
      tx.repository(articles).update(id, () => {
        throw error;
      }),
    );
    await expect(inside).rejects.toBe(error);
  });

  test("is given up when its signal aborts, before or during the work", async () => {
    const { units, articles } = place();
    const id = await stored(articles);
    await expect(units.run(() => Promise.resolve(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "ABORTED",
    });
    const during = new AbortController();
    const run = units.run(
      async (tx) => {
        await tx.repository(articles).update(id, (article) => void (article.title = "aborted"));
        during.abort();
        if (backend !== "memory") await new Promise(() => undefined); // never ends: the unit ends without it
      },
      { signal: during.signal },
    );
    await expect(run).rejects.toMatchObject({ code: "ABORTED" });
    expect((await articles.get(id)).title).toBe("");
  });

  const unitsOf = (databases: readonly Database[], own: RepositoryEnvironment): UnitOfWork =>
    backend === "memory" ? new MemoryUnitOfWork(own) : new SqlUnitOfWork(databases[0]!, own);

  test.each([
    ["of the run", undefined, { deadline: 5_000 }],
    ["of the environment", { deadline: 5_000 }, {}],
  ])("is given up at the deadline %s, though its work never ends", async (_, retry, options) => {
    const { articles, databases } = place();
    const clock = new FakeClock();
    const units = unitsOf(databases, { ...environment, clock, ...(retry && { retry }) });
    const id = await stored(articles);
    let inside: typeof articles;
    const run = units.run(async (tx) => {
      inside = tx.repository(articles);
      await inside.update(id, (article) => void (article.title = "late"));
      clock.advance(5_001);
      await new Promise(() => undefined);
    }, options);
    await expect(run).rejects.toMatchObject({
      code: "RETRIES_EXHAUSTED",
      message: "unit of work: gave up after one attempt in 5000 ms",
    });
    await expect(inside!.get(id)).rejects.toMatchObject({ code: "UNIT_MISUSED" });
    expect((await articles.get(id)).title).toBe("");
  });

  test.each([
    ["", {}],
    [", beside a signal", { signal: new AbortController().signal }],
  ])("takes its time where no deadline was named%s", async (_, options) => {
    const { articles, databases } = place();
    const clock = new FakeClock();
    const id = await stored(articles);
    await unitsOf(databases, { ...environment, clock }).run(async (tx) => {
      clock.advance(3_600_000);
      await tx.repository(articles).update(id, (article) => void (article.title = "slow"));
      clock.advance(3_600_000);
    }, options);
    expect((await articles.get(id)).title).toBe("slow");
  });

  if (backend === "memory") return;

  test.each(FOREIGN_ERRORS)(
    "passes on as it is, and does not run again for, %s, where an update meets it",
    async (_, error) => {
      const { articles, others, databases } = place();
      const id = await stored(articles);
      class OvertakenStore extends SqlRecordStore {
        override async apply(...write: Parameters<SqlRecordStore["apply"]>): Promise<ApplyOutcome> {
          await others.update(id, (article) => void (article.title = "theirs"));
          return super.apply(...write);
        }
      }
      const store = new OvertakenStore(databases[0]!, articleTable);
      const losing = new DistinctRepository(articleType, store, { ...environment, retry: { optimisticAttempts: 1 } });
      let runs = 0;
      const update = losing.update(id, (article) => {
        if (++runs === 2) throw error; // under the lock by now
        article.title = "lost";
      });
      await expect(update).rejects.toBe(error);
      expect(runs).toBe(2);
      await expect(databases[0]!.session(() => Promise.reject(error))).rejects.toBe(error);
    },
  );

  test("does not keep what a write half did, even where its error is caught", async () => {
    const { articles, images, units, databases } = place();
    const database = databases[0]!;
    const id = await stored(articles, { labels: [["k", "old"]] });
    const rename = async (from: string, to: string): Promise<void> => {
      await database.session((session) =>
        session.run({ sql: `ALTER TABLE ${from} RENAME TO ${to}`, parameters: [], varying: true }),
      );
    };
    await rename("article_labels", "article_labels_away");
    const run = units.run(async (tx) => {
      await tx.repository(images).add(newImage());
      const inside = tx.repository(articles);
      // Its own row is written before the entries, whose table is away.
      await inside.add(inside.create({ id: randomUUID(), labels: [["a", "b"]] })).catch(() => undefined);
    });
    await expect(run).rejects.toMatchObject({ code: "DATABASE_ERROR" });
    await rename("article_labels_away", "article_labels");
    expect((await articles.get(id)).labels.get("k")).toBe("old");
  });
});
