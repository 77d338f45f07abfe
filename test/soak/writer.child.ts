import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { ConflictError, DistinctionError } from "../../domain/distinction/errors.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { FullWriteRepository } from "../../infrastructure/persistence/comparison/full-write-repository.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { runAsChild } from "../support/child-side.js";
import { Journal, type Outcome } from "./journal.js";
import { ledgerTable, ledgerType, type Ledger } from "./ledger.js";
import { nextOperation, perform, seeded, type Field, type Operation } from "./operation.js";

export interface WriteOrder {
  readonly url: string;
  readonly arm: "changes" | "full";
  readonly writer: number;
  readonly seed: number;
  readonly field: Field;
  readonly journal: string;
  /** The number of the first operation; an earlier process of this writer may have done those before. */
  readonly from: number;
  /** How many updates to get acknowledged. */
  readonly updates: number;
}

/** Sent after every so many updates. */
export interface Advance {
  readonly updates: number;
  readonly retries: number;
  readonly conflicts: number;
}

process.on("SIGINT", () => undefined); // Ctrl-C reaches every process of a terminal: the first one ends the others

const LOT = 25;

/** How often a record is loaded again although the writer holds it: the others are as old as they happen to be. */
const RELOADS = 0.2;

type Performer = (operation: Operation) => Promise<Outcome>;

/** Works with the library, and keeps the records that it has, which others change meanwhile. */
function changes(database: Database, random: () => number): Performer {
  const environment = { clock: systemClock, random: Math.random };
  const ledgers = new DistinctRepository(ledgerType, new SqlRecordStore(database, ledgerTable), environment);
  const units = new SqlUnitOfWork(database, environment);
  const held = new Map<string, Ledger>();

  const hold = async (ids: readonly string[]): Promise<Ledger[]> => {
    const missing = ids.filter((id) => !held.has(id) || random() < RELOADS);
    for (const record of await ledgers.getMany(missing)) held.set(record.id, record);
    return ids.map((id) => held.get(id)!);
  };
  const done = (versions: readonly number[], retries: number): Outcome => ({ kind: "done", versions, retries });

  const attempt: Performer = async (operation) => {
    const { kind, ids } = operation;
    const [id] = ids as [string];
    switch (kind) {
      case "unit": {
        for (const each of ids) held.delete(each);
        let retries = 0;
        const versions = await units.run(async (tx) => {
          retries = tx.attempt - 1;
          const inside = tx.repository(ledgers);
          const saved: number[] = [];
          for (const [place, each] of ids.entries()) {
            const record = await inside.get(each);
            perform(operation, record, place);
            saved.push((await inside.save(record)).version);
          }
          return saved;
        });
        return done(versions, retries);
      }
      case "batch": {
        const records = await hold(ids);
        for (const [place, record] of records.entries()) perform(operation, record, place);
        const results = await ledgers.saveAll(records);
        const retries = results.reduce((sum, result) => sum + result.retries, 0);
        return done(
          results.map(({ version }) => version),
          retries,
        );
      }
      case "rename": {
        held.delete(id);
        const { version, retries } = await ledgers.update(id, (record) => perform(operation, record, 0));
        return done([version], retries);
      }
      case "slot-add": {
        const record = ledgers.create({ id });
        perform(operation, record, 0);
        await ledgers.add(record);
        return done([ledgers.versionOf(record)], 0);
      }
      case "slot-remove": {
        const record = await ledgers.get(id);
        const version = ledgers.versionOf(record);
        await ledgers.remove(record);
        return done([version], 0);
      }
      default: {
        if (kind === "slot-edit") held.delete(id);
        const [record] = (await hold([id])) as [Ledger];
        perform(operation, record, 0);
        const { version, retries } = await ledgers.save(record);
        return done([version], retries);
      }
    }
  };

  return async (operation) => {
    try {
      return await attempt(operation);
    } catch (error) {
      for (const id of operation.ids) held.delete(id);
      if (error instanceof ConflictError) return { kind: "conflict" };
      const code = error instanceof DistinctionError ? error.code : undefined;
      if (operation.kind.startsWith("slot") && (code === "RECORD_NOT_FOUND" || code === "RECORD_EXISTS")) {
        return { kind: "void" };
      }
      throw error;
    }
  };
}

/** Writes records back as a whole, for comparison. */
function fullWrites(database: Database, random: () => number): Performer {
  const full = new FullWriteRepository(ledgerType, database, ledgerTable);
  const held = new Map<string, Ledger>();
  return async (operation) => {
    const [id] = operation.ids as [string];
    if (!held.has(id) || random() < RELOADS) held.set(id, await full.get(id));
    const record = held.get(id)!;
    perform(operation, record, 0);
    await full.save(record);
    return { kind: "done", versions: [], retries: 0 };
  };
}

await runAsChild<WriteOrder, null>(async (order, parent) => {
  const { url, arm, writer, field, from } = order;
  const random = seeded(order.seed + writer * 7919 + from * 104_729);
  const database = openDatabase(url, { clock: systemClock, random: Math.random });
  await database.connect();
  const run = arm === "full" ? fullWrites(database, random) : changes(database, random);
  const journal = new Journal(order.journal);
  let told = { updates: 0, retries: 0, conflicts: 0 };
  const tell = async (): Promise<void> => {
    await parent.send(told satisfies Advance);
    told = { updates: 0, retries: 0, conflicts: 0 };
  };
  await parent.ready();
  let updates = 0;
  for (let number = from; updates < order.updates; number++) {
    const operation = { writer, number, ...nextOperation(random, field, arm) };
    journal.begin(operation);
    const outcome = await run(operation);
    journal.end(outcome);
    if (outcome.kind === "conflict") told.conflicts++;
    if (outcome.kind !== "done") continue;
    updates += operation.ids.length;
    told.updates += operation.ids.length;
    told.retries += outcome.retries;
    if (told.updates >= LOT) await tell();
  }
  await tell();
  journal.close();
  await database.close();
  return null;
});
