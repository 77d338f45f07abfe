import "reflect-metadata";
import { setTimeout } from "node:timers/promises";
import { createConnection, type Connection } from "mysql2/promise";
import type { DataSource } from "typeorm";
import { describe, expect, onTestFinished, test } from "vitest";
import type { WaitOptions } from "../../domain/distinction/save/save-options.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { distinct } from "../../src/composition/distinct.js";
import { joinTransaction, unitOfWork } from "../../src/composition/existing-data-source.js";
import { openTestDatabase } from "../support/open-store.js";
import { driverUrl } from "../support/server/server-version.js";
import { environment, imagesIn, newImage, onServer } from "./backends.js";
import { Membership, openDataSource } from "./entity-fixtures.js";

const DEADLINE = { code: "RETRIES_EXHAUSTED" };
const SIGNAL = { code: "ABORTED" };
const soon = (): WaitOptions => ({ deadline: 300 });
const aborted = (): WaitOptions => ({ signal: AbortSignal.timeout(300) });

/** Milliseconds within which whoever is in a hurry has an answer: a slice of waiting, and much for a busy machine. */
const LONG = 15_000;

describe("who waits for a table that is altered, behind a transaction that is open, gets an answer", () => {
  onServer((place) => {
    async function connect(): Promise<Connection> {
      const connection = await createConnection({ uri: driverUrl(place().url) });
      onTestFinished(() => connection.destroy());
      return connection;
    }

    /** Resolves once the ALTER waits, to how to let it go on. */
    async function altering(table: string): Promise<() => Promise<void>> {
      const [reader, owner, watcher] = [await connect(), await connect(), await connect()];
      await reader.beginTransaction();
      await reader.query(`SELECT COUNT(*) FROM ${table}`);
      const alter = owner.query(`ALTER TABLE ${table} ADD COLUMN extra_${Date.now()} INT NULL`);
      const waits =
        "SELECT COUNT(*) AS many FROM information_schema.processlist WHERE id = ? AND state LIKE 'Waiting%'";
      for (let many = 0; many === 0; await setTimeout(5)) {
        const [rows] = await watcher.query(waits, [owner.threadId]);
        many = Number((rows as { many: unknown }[])[0]!.many);
      }
      return async () => {
        await reader.rollback();
        await alter;
      };
    }

    async function answers(work: Promise<unknown>, expected: object): Promise<void> {
      const pending = setTimeout(LONG, "pending", { ref: false });
      const ended = await Promise.race([work.then(() => "done", (error: unknown) => error), pending]); // prettier-ignore
      expect(ended).toMatchObject(expected);
    }

    test("on connections of ours, and nothing is written", async () => {
      const database = openTestDatabase(place().url);
      onTestFinished(() => database.close());
      const images = imagesIn(database);
      const [image, other] = [newImage({ name: "before" }), newImage()];
      await images.add(image);
      const before = images.versionOf(image);
      const letGo = await altering("images");
      image.name = "mine";
      await Promise.all([
        answers(images.save(image, soon()), DEADLINE),
        answers(
          images.update(image.id, (one) => void (one.name = "theirs"), aborted()),
          SIGNAL,
        ),
        answers(images.add(other, soon()), DEADLINE),
        answers(
          new SqlUnitOfWork(database, environment).run(
            (tx) => tx.repository(images).update(image.id, (one) => void (one.name = "unit")),
            soon(),
          ),
          DEADLINE,
        ),
      ]);
      await letGo();
      expect(await images.find(other.id)).toBeUndefined();
      const now = await images.get(image.id);
      expect([now.name, images.versionOf(now)]).toEqual(["before", before]);
      expect(await images.save(image)).toMatchObject({ written: true, retries: 0 });
    }, 60_000);

    test("who has time goes on once it is altered", async () => {
      const database = openTestDatabase(place().url);
      onTestFinished(() => database.close());
      const images = imagesIn(database);
      const image = newImage({ name: "before" });
      await images.add(image);
      const letGo = await altering("images");
      image.name = "mine";
      const saving = images.save(image);
      await setTimeout(2_500); // longer than a slice
      await letGo();
      expect(await saving).toMatchObject({ written: true });
      expect(await images.get(image.id)).toMatchObject({ name: "mine" });
    }, 60_000);

    async function members(): Promise<[DataSource, ReturnType<typeof membersOf>, Membership]> {
      const dataSource = await openDataSource(place().url, { synchronize: true, ...{ poolSize: 2 } });
      onTestFinished(() => dataSource.destroy());
      const repository = membersOf(dataSource);
      const member = repository.create({ team: "altered", person: Math.floor(Math.random() * 1e9) });
      await repository.add(member);
      return [dataSource, repository, member];
    }
    const membersOf = (dataSource: DataSource) => distinct(dataSource, Membership, { policies: { logins: "sum" } });

    test("on a data source of others, whose own patience is as before", async () => {
      const [dataSource, repository, member] = await members();
      const patience = () =>
        dataSource.query("SELECT @@lock_wait_timeout AS tables, @@innodb_lock_wait_timeout AS rows_");
      const before: unknown = await patience();
      const letGo = await altering("membership");
      const key = { team: member.team, person: member.person };
      const count = (one: Membership): void => void one.logins++;
      count(member);
      await answers(repository.save(member, soon()), DEADLINE);
      await answers(repository.update(key, count, aborted()), SIGNAL);
      await answers(
        unitOfWork(dataSource).run((tx) => tx.repository(repository).update(key, count), soon()),
        DEADLINE,
      );
      await answers(
        dataSource.transaction((manager) => joinTransaction(manager).repository(repository).update(key, count, soon())),
        DEADLINE,
      );
      await letGo();
      expect(await repository.get(key)).toMatchObject({ logins: 0 });
      expect(await Promise.all([patience(), patience()])).toEqual([before, before]);
    }, 90_000);
  });
});
