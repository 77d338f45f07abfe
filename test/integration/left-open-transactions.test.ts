import "reflect-metadata";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { LeftOpenError } from "../../infrastructure/persistence/connection/server-error.js";
import { rerun } from "../../infrastructure/persistence/connection/rerun.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { FakeClock } from "../support/fake-clock.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment, onServer, onSqlBackends } from "./backends.js";
import { openDataSource, Photo } from "./entity-fixtures.js";

/** What services do to a pooled connection by mistake, and what is then stored with it or not at all. */
const MISTAKES: Readonly<Record<string, (dataSource: DataSource) => Promise<unknown>>> = {
  "a query runner that was released without the end of its transaction": async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query("UPDATE photo SET caption = 'half done'");
    await runner.release();
  },
  "a BEGIN that was sent as a query": (dataSource) => dataSource.query("BEGIN"),
  "autocommit that was switched off": (dataSource) => dataSource.query("SET autocommit = 0"),
};

onServer((place) => {
  let others: DataSource;
  beforeAll(async () => {
    others = await openDataSource(place().url, { synchronize: true });
  });
  afterAll(() => others.destroy());

  test.each(Object.entries(MISTAKES))("what is answered is stored on a connection with %s", async (_, mistake) => {
    const dataSource = await openDataSource(place().url, { poolSize: 1 });
    onTestFinished(() => (dataSource.isInitialized ? dataSource.destroy() : undefined));
    const photos = distinct(dataSource, Photo);
    const photo = photos.create({ title: "before" });
    await photos.add(photo);
    await mistake(dataSource);
    photo.title = "acknowledged";
    const saved = await photos.save(photo);
    const seen = await others.getRepository(Photo).findOneByOrFail({ id: photo.id });
    expect(seen).toMatchObject({ title: "acknowledged", caption: null, version: saved.version });
    await mistake(dataSource);
    await photos.remove(photo);
    await dataSource.destroy();
    expect(await others.getRepository(Photo).existsBy({ id: photo.id })).toBe(false);
  });

  test.each(["before it was added", "when it was older", "after it was loaded"])(
    "who was overtaken is told so, though the record is looked at in a transaction left open %s",
    async (moment) => {
      const dataSource = await openDataSource(place().url, { poolSize: 2 });
      onTestFinished(() => dataSource.destroy());
      const left = dataSource.createQueryRunner();
      const leaveOpen = async (now: string): Promise<void> => {
        if (now === moment) await left.query("START TRANSACTION WITH CONSISTENT SNAPSHOT");
      };
      const change = (title: string) => dataSource.query("UPDATE photo SET title = ?, version = version + 1", [title]);
      const photos = distinct(dataSource, Photo);
      await leaveOpen("before it was added");
      const added = photos.create({ title: "before" });
      await photos.add(added);
      await leaveOpen("when it was older");
      await change("newer");
      const photo = await photos.get(added.id);
      await leaveOpen("after it was loaded");
      await change("overtaken");

      const next = dataSource.createQueryRunner();
      const queued = new Promise<void>((resolve) => {
        const ignore = (): void => undefined;
        const logQuery = (sql: string): void =>
          void (sql.startsWith("UPDATE") && resolve(next.connect() as Promise<void>));
        dataSource.setOptions({ logger: { log: ignore, logMigration: ignore, logQuery, logQueryError: ignore, logQuerySlow: ignore, logSchemaBuild: ignore } }); // prettier-ignore
      });
      photo.title = "of the save";
      const saved = expect(photos.save(photo)).rejects.toMatchObject({ code: "CONFLICT" });
      await queued; // it has the connection of the save's update, so there is but the other one to look through
      await left.release();
      await saved;
      await next.release();
    },
  );
});

onSqlBackends((place) => {
  test("a unit does not run again for what another database keeps meeting on its connections", async () => {
    const database = openTestDatabase(place().url);
    onTestFinished(() => database.close());
    const pacing = { clock: new FakeClock(), random: () => 0 };
    let runs = 0;
    const unit = new SqlUnitOfWork(database, environment).run(() => {
      runs++;
      return rerun(() => Promise.reject(new LeftOpenError()), "elsewhere", pacing);
    });
    const { message } = new LeftOpenError();
    await expect(unit).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE", message });
    expect(runs).toBe(1);
  });
});
