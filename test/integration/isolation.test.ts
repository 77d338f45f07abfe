import "reflect-metadata";
import type { DataSource, DataSourceOptions } from "typeorm";
import { describe, expect, onTestFinished, test } from "vitest";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { joinTransaction, unitOfWork } from "../../src/composition/existing-data-source.js";
import { onServer, onSqlite } from "./backends.js";
import { Membership, openDataSource } from "./entity-fixtures.js";

const LEVEL = { isolationLevel: "READ UNCOMMITTED" } as Partial<DataSourceOptions>;
const REFUSED = { code: "UNSAFE_ISOLATION" };
const KEY = { team: "t", person: 1 };

type Members = EntityRepository<Membership>;

describe("where dirty reads would be merged with", () => {
  onServer((place) => {
    async function opened(settings: Partial<DataSourceOptions> = {}): Promise<DataSource> {
      const dataSource = await openDataSource(place().url, { synchronize: true, ...settings });
      onTestFinished(() => dataSource.destroy());
      await dataSource.query("DELETE FROM membership");
      return dataSource;
    }

    const uses: [string, (members: Members, dataSource: DataSource) => Promise<unknown>][] = [
      ["an addition", (members) => members.add(members.create(KEY))],
      ["a read", (members) => members.find(KEY)],
      [
        "a unit of work",
        (members, dataSource) =>
          unitOfWork(dataSource).run((tx) => tx.repository(members).add(tx.repository(members).create(KEY))),
      ],
      [
        "a joined transaction",
        (members, dataSource) =>
          dataSource.transaction((manager) => joinTransaction(manager).repository(members).add(members.create(KEY))),
      ],
    ];

    test.each(uses)("%s is refused by the data source's option", async (_, use) => {
      const dataSource = await opened(LEVEL);
      await expect(use(distinct(dataSource, Membership), dataSource)).rejects.toMatchObject(REFUSED);
      expect(await dataSource.getRepository(Membership).count()).toBe(0);
    });

    test.each(uses)("%s is refused by the session's default", async (_, use) => {
      const dataSource = await opened({ poolSize: 1 });
      await dataSource.query("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED");
      await expect(use(distinct(dataSource, Membership), dataSource)).rejects.toMatchObject(REFUSED);
      expect(await dataSource.getRepository(Membership).count()).toBe(0);
    });

    test("a transaction that is joined is refused by its own level, and by none that another had", async () => {
      const dataSource = await opened({ poolSize: 1 });
      const members = distinct(dataSource, Membership);
      await members.add(members.create(KEY));
      const join = async (level: "READ UNCOMMITTED" | "READ COMMITTED" | undefined): Promise<void> => {
        const runner = dataSource.createQueryRunner();
        await runner.startTransaction(level);
        try {
          await joinTransaction(runner.manager).repository(members).update(KEY, (one) => void one.logins++); // prettier-ignore
          await runner.commitTransaction();
        } finally {
          if (runner.isTransactionActive) await runner.rollbackTransaction();
          await runner.release();
        }
      };
      await expect(join("READ UNCOMMITTED")).rejects.toMatchObject(REFUSED);
      expect(await members.get(KEY)).toMatchObject({ logins: 0 });
      await join(undefined);
      await join("READ COMMITTED");
      expect(await members.get(KEY)).toMatchObject({ logins: 2 });
    });

    test("a runner is judged by the transaction that it has now, and savepoints change nothing", async () => {
      const dataSource = await opened();
      const members = distinct(dataSource, Membership);
      const runner = dataSource.createQueryRunner();
      onTestFinished(() => runner.release());
      await runner.startTransaction("READ UNCOMMITTED");
      await runner.startTransaction("REPEATABLE READ");
      expect(() => joinTransaction(runner.manager)).toThrow(expect.objectContaining(REFUSED));
      await runner.rollbackTransaction();
      await runner.rollbackTransaction();
      await runner.startTransaction();
      await runner.startTransaction("READ UNCOMMITTED");
      await joinTransaction(runner.manager).repository(members).add(members.create(KEY));
      await runner.commitTransaction();
      await runner.commitTransaction();
      expect(await members.find(KEY)).toBeDefined();
    });
  });

  onSqlite((place) => {
    test("SQLite has nothing of the kind, and accepts the word", async () => {
      const dataSource = await openDataSource(place().url, { synchronize: true, ...LEVEL });
      onTestFinished(() => dataSource.destroy());
      const members = distinct(dataSource, Membership);
      await dataSource.transaction((manager) => joinTransaction(manager).repository(members).add(members.create(KEY)));
      expect(await members.find(KEY)).toBeDefined();
    });
  });
});
