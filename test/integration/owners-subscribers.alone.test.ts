import "reflect-metadata";
import type { PoolConnection } from "mysql2";
import type { DataSource, EntitySubscriberInterface } from "typeorm";
import type { MysqlDriver } from "typeorm/driver/mysql/MysqlDriver.js";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { HookFailedWarning } from "../../domain/distinction/hooks.js";
import { distinct } from "../../src/composition/distinct.js";
import { unitOfWork } from "../../src/composition/existing-data-source.js";
import { onServer } from "./backends.js";
import { Label, openDataSource, Photo } from "./entity-fixtures.js";
import { labelled } from "./two-services.js";

const warned = new Set<string>();
const keep = (warning: Error): void => void (warning instanceof HookFailedWarning && warned.add(warning.hook));
beforeAll(() => void process.on("warning", keep));
afterAll(() => void process.off("warning", keep));

/** Each looks like what a connection of ours might throw. */
const ERRORS = {
  "an error": new Error("mail server is down"),
  "a deadlock": Object.assign(new Error("deadlock elsewhere"), { code: "ER_LOCK_DEADLOCK", errno: 1213 }),
  "a broken connection": Object.assign(new Error("elsewhere"), {
    code: "ECONNREFUSED",
    errno: -111,
    syscall: "connect",
  }),
};

const HOOKS = [
  "beforeQuery",
  "afterQuery",
  "beforeTransactionStart",
  "afterTransactionStart",
  "beforeTransactionCommit",
  "afterTransactionCommit",
  "beforeTransactionRollback",
  "afterTransactionRollback",
] as const;

onServer((place) => {
  let dataSource: DataSource;
  let others: DataSource;
  let photos: ReturnType<typeof photosOf>;
  const photosOf = (source: DataSource) => distinct(source, Photo, { random: () => 0, policies: { views: "sum" } });
  beforeAll(async () => {
    dataSource = await openDataSource(place().url, { synchronize: true, poolSize: 1 });
    others = await openDataSource(place().url);
    photos = photosOf(dataSource);
  });
  afterEach(() => void dataSource.subscribers.splice(0));
  afterAll(async () => {
    await dataSource.destroy();
    await others.destroy();
  });

  async function stored(): Promise<string> {
    const photo = photos.create({ title: "before" });
    await photos.add(photo);
    return photo.id;
  }

  const cases = HOOKS.flatMap((hook) =>
    Object.keys(ERRORS).map((what) => [hook, what as keyof typeof ERRORS] as const),
  );
  test.each(cases)("a subscriber whose %s throws or rejects with %s changes no outcome", async (hook, what) => {
    const id = await stored();
    let heard = 0;
    const failing = (): Promise<never> => {
      if (heard++ % 2 === 0) throw ERRORS[what];
      return Promise.reject(ERRORS[what]);
    };
    dataSource.subscribers.push({ [hook]: failing } as EntitySubscriberInterface);
    const photo = await photos.get(id);
    for (const step of ["one", "two"]) {
      photo.views += 1;
      photo.labels.push(labelled(step)); // in a transaction
      await photos.save(photo);
    }
    await unitOfWork(dataSource).run((tx) => tx.repository(photos).update(id, (inside) => void (inside.views += 1)));
    for (let run = 0; run < 2; run++) {
      const undone = unitOfWork(dataSource).run(async (tx) => {
        await tx.repository(photos).update(id, (inside) => void (inside.title = "undone"));
        throw new Error("a rule of the service");
      });
      await expect(undone).rejects.toThrow("a rule of the service");
    }
    await photos.update(id, (one) => void (one.caption = "acknowledged"));
    expect(heard).toBeGreaterThan(1);
    const seen = await others.getRepository(Photo).findOneByOrFail({ id });
    expect(seen).toMatchObject({ title: "before", views: 3, caption: "acknowledged", version: 5 });
    await vi.waitFor(() => expect(warned).toContain(`subscriber.${hook}`));
  });

  test("all subscribers are told what TypeORM tells, whichever of them throws", async () => {
    const id = await stored();
    const told: unknown[] = [];
    const hear = (event: unknown): void => void told.push(event);
    dataSource.subscribers.push(
      { beforeQuery: () => { throw ERRORS["an error"]; } }, // prettier-ignore
      { beforeQuery: hear, afterQuery: hear, afterTransactionCommit: hear },
    );
    await photos.update(id, (photo) => void photo.labels.push(labelled("one")));
    const ours = { dataSource, connection: dataSource, queryRunner: expect.anything() as unknown, manager: expect.anything() as unknown }; // prettier-ignore
    expect(told).toMatchObject([
      { ...ours, query: "START TRANSACTION" },
      { ...ours, query: "START TRANSACTION", success: true, executionTime: expect.any(Number) as number },
      { ...ours, query: "COMMIT" },
      { ...ours, query: "COMMIT", success: true },
      ours,
    ]);
  });

  test("what a subscriber writes in the transaction is waited for, and is a part of it", async () => {
    const id = await stored();
    dataSource.subscribers.push({
      beforeTransactionCommit: async ({ manager }) => {
        await manager.query("DO SLEEP(0.02)");
        await manager.insert(Label, { photoId: id, name: "theirs" });
      },
    });
    await photos.update(id, (photo) => void photo.labels.push(labelled("mine")));
    dataSource.subscribers.splice(0);
    expect((await photos.get(id)).labels.map(({ name }) => name).sort()).toEqual(["mine", "theirs"]);
  });

  test("a transaction that the server ended for a statement of a subscriber's is run again", async () => {
    const [id, held] = [await stored(), await stored()];
    const theirs = others.createQueryRunner();
    await theirs.startTransaction();
    await theirs.query(`UPDATE photo SET caption = 'theirs' WHERE id = '${held}'`);
    let lost: unknown;
    const subscriber: EntitySubscriberInterface = {
      beforeTransactionCommit: async ({ queryRunner }) => {
        dataSource.subscribers.splice(0);
        // They have written more, so that this transaction is the one to be undone.
        for (let row = 0; row < 20; row++) {
          await theirs.query(
            `INSERT INTO photo (id, title, version) VALUES ('${held.slice(0, 30)}-${row}', 'heavy', 1)`,
          );
        }
        const blocked = theirs.query(`UPDATE photo SET caption = 'theirs' WHERE id = '${id}'`);
        const failing = queryRunner.query(`UPDATE photo SET caption = 'mine' WHERE id = '${held}'`);
        await failing.catch((error: unknown) => (lost = error)); // nobody is told
        await blocked;
        await theirs.rollbackTransaction();
      },
    };
    dataSource.subscribers.push(subscriber);
    await photos.update(id, (photo) => void ((photo.views += 1), photo.labels.push(labelled("mine"))));
    await theirs.release();
    expect(lost).toMatchObject({ driverError: { errno: 1213 } });
    expect(await photosOf(others).get(id)).toMatchObject({ views: 1, version: 2, labels: [{ name: "mine" }] });
  });

  test.each([[[]], [[{}]]])(
    "a connection whose ROLLBACK was not confirmed is nobody's any more: %j",
    async (subscribers) => {
      const id = await stored();
      dataSource.subscribers.push(...subscribers);
      const driver = dataSource.driver as MysqlDriver;
      const pool = driver.pool as { readonly _allConnections: { readonly length: number } };
      const raw = (await driver.obtainMasterConnection()) as PoolConnection;
      const send = raw.query.bind(raw) as (...given: unknown[]) => unknown;
      raw.query = ((...given: unknown[]) => {
        if (given[0] !== "ROLLBACK") return send(...given);
        return (given.at(-1) as (error: Error) => unknown)(new Error("refused"));
      }) as typeof raw.query;
      raw.release();
      const undone = unitOfWork(dataSource).run(async (tx) => {
        await tx.repository(photos).update(id, (inside) => void (inside.title = "undone"));
        throw new Error("a rule of the service");
      });
      await expect(undone).rejects.toThrow("a rule of the service");
      expect(pool._allConnections.length).toBe(0);
      await photos.update(id, (photo) => void (photo.caption = "acknowledged"));
      expect(await photosOf(others).get(id)).toMatchObject({ title: "before", caption: "acknowledged" });
    },
  );
});
