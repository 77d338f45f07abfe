import "reflect-metadata";
import { createConnection } from "mysql2/promise";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WaitOptions } from "../../domain/distinction/save/save-options.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { joinTransaction, unitOfWork } from "../../src/composition/existing-data-source.js";
import { driverUrl } from "../support/server/server-version.js";
import { onServer } from "./backends.js";
import { Membership, openDataSource } from "./entity-fixtures.js";

const IN_A_HURRY: [name: string, options: () => WaitOptions, code: string][] = [
  ["whose deadline passes", () => ({ deadline: 300 }), "RETRIES_EXHAUSTED"],
  ["whose signal aborts", () => ({ signal: AbortSignal.timeout(300) }), "ABORTED"],
];

/** Seconds that the owner of the data source lets statements wait for locks: longer than any of these tests. */
const THEIRS = 40;

describe("on a data source of others, a caller who waits for a lock", () => {
  onServer((place) => {
    let dataSource: DataSource;
    let members: EntityRepository<Membership>;
    let persons = 0;
    beforeAll(async () => {
      dataSource = await openDataSource(place().url, { synchronize: true, ...{ poolSize: 1 } });
      await dataSource.query(`SET SESSION innodb_lock_wait_timeout = ${THEIRS}`);
      members = distinct(dataSource, Membership, { policies: { logins: "sum" } });
    });
    afterAll(() => dataSource.destroy());

    async function stored(): Promise<Membership> {
      const member = members.create({ team: "waiting", person: ++persons });
      await members.add(member);
      return member;
    }

    /** Answers how to let go of the row. */
    async function lock({ person }: Membership): Promise<() => Promise<void>> {
      const connection = await createConnection({ uri: driverUrl(place().url) });
      await connection.beginTransaction();
      await connection.query("SELECT 1 FROM membership WHERE team = 'waiting' AND person = ? FOR UPDATE", [person]);
      return () => connection.end();
    }

    async function patience(query: DataSource["query"]): Promise<number> {
      const [row] = await query<{ wait: unknown }[]>("SELECT @@SESSION.innodb_lock_wait_timeout AS wait");
      return Number(row!.wait);
    }

    describe.each(IN_A_HURRY)("%s", (_, options, code) => {
      test("in a unit of work gets an answer while it is held, and nothing is written", async () => {
        const [held, free] = [await stored(), await stored()];
        const letGo = await lock(held);
        const run = unitOfWork(dataSource).run(async (tx) => {
          await tx.repository(members).update(free, (member) => void member.logins++);
          await tx.repository(members).update(held, (member) => void member.logins++);
        }, options());
        await expect(run).rejects.toMatchObject({ code });
        await letGo();
        expect(await members.get(free)).toMatchObject({ logins: free.logins });
        expect(await members.get(held)).toMatchObject({ logins: held.logins });
        expect(await patience((sql) => dataSource.query(sql))).toBe(THEIRS);
      }, 20_000);

      test("in a joined transaction gets an answer, and the rest of the transaction is stored", async () => {
        const [held, free] = [await stored(), await stored()];
        const letGo = await lock(held);
        await dataSource.transaction(async (manager) => {
          const inside = joinTransaction(manager).repository(members);
          await inside.update(free, (member) => void member.logins++);
          const member = await inside.get(held);
          member.logins++;
          await expect(inside.save(member, options())).rejects.toMatchObject({ code });
          expect(await patience((sql) => manager.query(sql))).toBe(THEIRS);
        });
        await letGo();
        expect(await members.get(free)).toMatchObject({ logins: free.logins + 1 });
        expect(await members.get(held)).toMatchObject({ logins: held.logins });
      }, 20_000);
    });

    test("in a joined transaction, longer than a slice, goes on once the lock is free", async () => {
      const held = await stored();
      const letGo = await lock(held);
      await dataSource.transaction(async (manager) => {
        const inside = joinTransaction(manager).repository(members);
        const member = await inside.get(held);
        member.logins++;
        const saving = inside.save(member, { deadline: 20_000 });
        setTimeout(() => void letGo(), 2_500);
        await saving;
      });
      expect(await members.get(held)).toMatchObject({ logins: held.logins + 1 });
    }, 20_000);
  });
});
