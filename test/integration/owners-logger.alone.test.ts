import { inspect } from "node:util";
import type { Database as SqliteFile } from "better-sqlite3";
import type { DataSource, Logger } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { joinTransaction, unitOfWork } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource, Photo } from "./entity-fixtures.js";
import { labelled } from "./two-services.js";

/** The error of a log whose disk is full: just what a broken connection looks like. */
const FULL = Object.assign(new Error("no space left on device"), { code: "ENOSPC", errno: -28, syscall: "write" });

onSqlBackends((place, backend) => {
  let dataSource: DataSource;
  let isFull = false;
  let logged: string[] = [];
  let told: unknown[][] = [];
  beforeAll(async () => {
    const tell = (sql: string): void => {
      logged.push(sql);
      if (isFull) throw FULL;
    };
    const ignore = (): void => undefined;
    const logger: Logger = {
      log: ignore,
      logMigration: ignore,
      logSchemaBuild: ignore,
      logQuery: tell,
      logQueryError: (...error) => {
        told.push(["error", ...error]);
        tell("");
      },
      logQuerySlow: (...slow) => {
        told.push(["slow", ...slow]);
        tell("");
      },
    };
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

  test("the logger is told of transactions of ours, too, from their beginning to their end", async () => {
    const photos = distinct(dataSource, Photo);
    const photo = photos.create({ title: "one" });
    await photos.add(photo);
    const sent = async (work: () => Promise<unknown>): Promise<string[]> => {
      logged = [];
      await work().catch(() => undefined);
      return logged.filter((sql) => sql !== "").map((sql) => /^\w+/.exec(sql)![0]);
    };
    const begin = backend === "server" ? "START" : "BEGIN";
    photo.labels.push(labelled("a"));
    expect(await sent(() => photos.save(photo))).toEqual([begin, "UPDATE", "INSERT", "COMMIT"]);
    const statements = await sent(() =>
      unitOfWork(dataSource).run(async (tx) => {
        await tx.repository(photos).update(photo.id, (inside) => void (inside.title = "undone"));
        throw new Error("a rule of the service");
      }),
    );
    expect([statements[0], statements.at(-1)]).toEqual([begin, "ROLLBACK"]);
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

  test("a statement of ours that is refused or slow is told as TypeORM's are, without secrets", async () => {
    const isServer = backend === "server";
    if (!isServer) {
      const { databaseConnection } = dataSource.driver as unknown as { databaseConnection: SqliteFile };
      const pause = (): number => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10).length;
      databaseConnection.function("pause", pause);
    }
    const body = isServer ? "FOR EACH ROW DO SLEEP(0.01)" : "BEGIN SELECT pause(); END";
    await dataSource.query(`CREATE TRIGGER pauses BEFORE UPDATE ON photo ${body}`);
    for (const secret of [[], ["title"]]) {
      const photos = distinct(dataSource, Photo, { secret });
      const photo = photos.create({ title: "hunter2" });
      await photos.add(photo);
      told = [];
      await expect(photos.add(photos.create({ id: photo.id, title: "hunter2" }))).rejects.toThrow();
      const [refused] = told.filter(([kind]) => kind === "error");
      expect(refused).toMatchObject([
        "error",
        secret.length === 0
          ? { message: expect.stringContaining(isServer ? photo.id : "photo.id") as string }
          : expect.stringMatching(/^(ER_DUP_ENTRY|SQLITE_CONSTRAINT_PRIMARYKEY)$/),
        expect.stringMatching(/^INSERT/),
        expect.arrayContaining([photo.id]),
        undefined,
      ]);
      photo.title = "swordfish";
      await photos.save(photo);
      expect(told).toContainEqual(["slow", expect.any(Number), expect.stringMatching(/^UPDATE/), expect.anything(), undefined]); // prettier-ignore
      for (const word of ["hunter2", "swordfish"]) expect(inspect(told).includes(word)).toBe(secret.length === 0);
    }
    await dataSource.query("DROP TRIGGER pauses");
  });
});
