import { randomUUID } from "node:crypto";
import { requireArguments } from "../../../domain/distinction/arguments.js";
import type { Patience } from "../../../domain/distinction/save/patience.js";
import type { RecordStore } from "../../../domain/distinction/record-store.js";
import { anEnvironment, type RepositoryEnvironment } from "../../../domain/distinction/repository-environment.js";
import { unitMisused, unitOver } from "../../../domain/distinction/unit/unit-errors.js";
import { UnitMembers } from "../../../domain/distinction/unit/unit-members.js";
import type {
  TransactionScope,
  UnitBinding,
  UnitMember,
  UnitOfWork,
  UnitOptions,
} from "../../../domain/distinction/unit/unit-of-work.js";
import {
  runUntilCommitted,
  type UnitOutcome,
  type UnitRun,
  whilePatient,
} from "../../../domain/distinction/unit/unit-runner.js";
import type { Written } from "../../../domain/distinction/save/written.js";
import type { Connection } from "../connection/connection.js";
import { aDatabase, type Database } from "../connection/database.js";
import { HistoryRecordStore } from "../history/history-record-store.js";
import { hasHistory, missingHistory } from "../history/history-tables.js";
import { insideUnit, openUnit } from "./open-unit.js";
import { wasCommitted } from "../history/operation-lookup.js";
import { deleteOperations, insertOperation, selectOperation } from "../history/operation-statements.js";
import { lockRecords } from "../records/record-locks.js";
import { errorMeaning, translated } from "../connection/server-error.js";
import type { Statement } from "../connection/session.js";
import { SqlRecordStore } from "../records/sql-record-store.js";
import { transact, type Committed } from "../connection/transact.js";
import { SeenRecords } from "./seen-records.js";
import { UnitDatabase } from "./unit-database.js";
import { UnitRecords, UnitRecordStore } from "./unit-record-store.js";

/** Milliseconds after which nobody asks any more whether an operation was committed. */
const OPERATION_AGE = 24 * 60 * 60 * 1000;

/** One in so many units clears out old operations. */
const CLEARING_ODDS = 1 / 1000;

type SeenTables = Map<SqlRecordStore["table"], SeenRecords>;

/**
 * Units of work on one database. The isolation level is the connection's: under REPEATABLE READ all that a unit loads is
 * as of one moment; what it writes is checked by version from READ COMMITTED on (lower is refused, `UNSAFE_ISOLATION`).
 *
 * A COMMIT whose answer was lost is looked up by the operation id that the unit wrote. Where the database has not the
 * tables for that, it is thrown as `DATABASE_UNAVAILABLE`, and the unit is not run again.
 *
 * A unit that keeps losing locks what it loads. All that its earlier runs loaded is locked first, in one order for
 * everybody: so units that load the same records neither overtake one another any more, nor deadlock. Of what is merely
 * listed that goes for the first 1,000 records of each table; see `SeenRecords`.
 */
export class SqlUnitOfWork implements UnitOfWork {
  constructor(
    private readonly database: Database,
    private readonly environment: RepositoryEnvironment,
  ) {
    requireArguments("unit of work", { database: [database, aDatabase], environment: [environment, anEnvironment] });
  }

  run<T>(work: (tx: TransactionScope) => Promise<T>, options: UnitOptions = {}): Promise<T> {
    const seen: SeenTables = new Map();
    return runUntilCommitted(this.environment, work, options, (run) => this.#attempt(work, options, run, seen));
  }

  async #attempt<T>(
    work: (tx: TransactionScope) => Promise<T>,
    options: UnitOptions,
    run: UnitRun,
    seen: SeenTables,
  ): Promise<UnitOutcome<T>> {
    const operation = randomUUID();
    const { patience } = run;
    const remembers = await hasHistory(this.database, patience);
    let unit: UnitDatabase | undefined;
    let bound: SqlTransactionScope | undefined;
    let ended: Committed<T>;
    try {
      ended = await this.database.lend(
        (connection, exclusive) =>
          transact(
            connection,
            async () => {
              const open = (unit = new UnitDatabase(this.database, connection, patience));
              if (run.locking) await lockRecords(connection, this.database, seen);
              const scope = new SqlTransactionScope(open, this.database, operation, remembers, options, run, seen);
              bound = scope;
              const mark = openUnit(this.database.identity, exclusive);
              try {
                const value = await insideUnit(mark, () => whilePatient(patience, () => work(scope)));
                await open.end();
                if (open.doom !== undefined) throw open.doom.error;
                if (open.wrote && remembers)
                  await connection.run(insertOperation(operation, this.environment.clock.now()));
                return value;
              } finally {
                mark.isOpen = false;
                await open.end();
              }
            },
            patience,
          ),
        patience,
      );
    } catch (error) {
      if (unit?.doom?.rerun === true || errorMeaning(error) === "gave-up") {
        return { kind: "undone", reason: translated(error, this.database.address) };
      }
      // A migration may have run since the database was known to have no history.
      if (bound?.lacksHistory === true && (await hasHistory(this.database, patience))) {
        return { kind: "undone", reason: error };
      }
      throw translated(error, this.database.address);
    }
    if (ended.kind === "unknown" && unit!.wrote) {
      const reason = translated(ended.error, this.database.address);
      if (!remembers) throw reason;
      if (!(await this.#wasCommitted(operation, patience))) return { kind: "undone", reason };
    }
    if (unit!.wrote && remembers) await this.#clearOperations();
    return { kind: "committed", value: ended.value };
  }

  async #wasCommitted(operation: string, patience: Patience | undefined): Promise<boolean> {
    const lookup = selectOperation(await this.database.dialect(), operation);
    return wasCommitted(this.database, this.environment, operation, lookup, patience);
  }

  /** The unit is committed: whether this works is not its caller's concern. */
  async #clearOperations(): Promise<void> {
    const { clock, random } = this.environment;
    if (random() >= CLEARING_ODDS) return;
    const clear = (connection: Connection): Promise<number> =>
      connection.run(deleteOperations(clock.now() - OPERATION_AGE));
    await this.database.lend(clear).catch(() => undefined);
  }
}

class SqlTransactionScope implements TransactionScope, UnitBinding {
  readonly #stores = new Map<RecordStore, UnitRecordStore>();
  /** By the name of the table: several stores may stand for one. */
  readonly #records = new Map<string, UnitRecords>();
  readonly #members = new UnitMembers();
  /** Whether a history was wanted, and its tables were not there. */
  lacksHistory = false;

  constructor(
    private readonly unit: UnitDatabase,
    private readonly database: Database,
    private readonly operation: string,
    private readonly remembers: boolean,
    private readonly options: UnitOptions,
    private readonly run: UnitRun,
    private readonly seen: SeenTables,
  ) {}

  get attempt(): number {
    return this.run.attempt;
  }

  get actor(): string | undefined {
    return this.options.actor;
  }

  repository<T>(repository: UnitMember<T>): T {
    if (!this.unit.isOpen) throw unitOver();
    return this.#members.of(repository, this);
  }

  store(store: RecordStore): RecordStore {
    if (!(store instanceof SqlRecordStore) || store.home?.identity !== this.database.identity) {
      throw unitMisused("a repository of another database cannot take part");
    }
    if (store instanceof HistoryRecordStore && !this.remembers) {
      this.lacksHistory = true;
      throw missingHistory(this.database);
    }
    let inside = this.#stores.get(store);
    if (inside === undefined) {
      const { table } = store;
      let seen = this.seen.get(table);
      if (seen === undefined) this.seen.set(table, (seen = new SeenRecords()));
      let records = this.#records.get(table.name);
      if (records === undefined) this.#records.set(table.name, (records = new UnitRecords()));
      inside = new UnitRecordStore(this.unit, table, records, this.run.locking, seen, this.#recording(store));
      this.#stores.set(store, inside);
    }
    return inside;
  }

  #recording(store: SqlRecordStore): ((written: Written, actor: string | undefined) => Statement) | undefined {
    if (!(store instanceof HistoryRecordStore)) return undefined;
    return (written, actor = this.actor ?? store.actor()) => store.record(written, this.operation, actor);
  }
}
