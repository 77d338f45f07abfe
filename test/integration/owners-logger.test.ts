import type { DataSource, Logger } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { joinTransaction, unitOfWork } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource, Photo } from "./entity-fixtures.js";

/** The error of a log whose disk is full: just what a broken connection looks like. */
const FULL = Object.assign(new Error("no space left on device"), { code: "ENOSPC", errno: -28, syscall: "write" });

onSqlBackends((place) => {
  let dataSource: DataSource;
  let isFull = false;
  let logged: string[] = [];
  beforeAll(async () => {
    const tell = (sql: string): void => {
      logged.push(sql);
      if (isFull) throw FULL;
    };
    const ignore = (): void => undefined;
    const logger: Logger = { log: ignore, logMigration: ignore, logQuery: tell, logQueryError: () => tell(""), logQuerySlow: () => tell(""), logSchemaBuild: ignore }; // prettier-ignore
    // With a limit of 0 ms every statement of TypeORM's is slow, which it tells once it is done: of a COMMIT, too late.
    const slow = { maxQueryExecutionTime: 0.000_001 };
    dataSource = await openDataSource(place().url, { synchronize: true, logger, ...slow, poolSize: 1 });
  });
  afterAll(async () => {
    isFull = false;
    await dataSource.destroy();
  });

  test("what the logger of a data source throws changes nothing that is done, and nothing is left half done", async () => {
    const photos = distinct(dataSource, Photo);
    isFull = true; // from the first look at the server on
    logged = [];
    const photo = photos.create({ title: "one" });
    await photos.add(photo); // with entries below: a transaction
    photo.title = "two";
    await photos.save(photo);
    await unitOfWork(dataSource).run((tx) =>
      tx.repository(photos).update(photo.id, (inside) => void (inside.title = "three")),
    );
    await expect(unitOfWork(dataSource).run(async (tx) => {
      await tx.repository(photos).update(photo.id, (inside) => void (inside.title = "undone"));
      throw FULL;
    })).rejects.toBe(FULL); // prettier-ignore
    // On the one connection there is, no transaction is open.
    expect(await photos.get(photo.id)).toMatchObject({ title: "three" });
    expect(logged.length).toBeGreaterThan(5);
    isFull = false;
    expect(await dataSource.getRepository(Photo).findOneByOrFail({ id: photo.id })).toMatchObject({ title: "three" });
  });

  test("nor does it in a transaction that was joined", async () => {
    const photos = distinct(dataSource, Photo);
    const photo = photos.create({ title: "one" });
    await photos.add(photo);
    await dataSource.transaction(async (manager) => {
      const inside = joinTransaction(manager).repository(photos);
      isFull = true;
      await inside.update(photo.id, (one) => void (one.title = "joined"));
      isFull = false;
    });
    expect(await photos.get(photo.id)).toMatchObject({ title: "joined" });
  });
});
