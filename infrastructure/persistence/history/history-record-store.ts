import { randomUUID } from "node:crypto";
import type { Change } from "../../../domain/distinction/diff/change.js";
import { changeSet, type ChangeSet } from "../../../domain/distinction/diff/change-set.js";
import type { PlannedStatement } from "../../../domain/distinction/save/explanation.js";
import type { Patience } from "../../../domain/distinction/save/patience.js";
import { idFrom, type RecordId } from "../../../domain/distinction/record/record-id.js";
import type { EntryScope, RecordState } from "../../../domain/distinction/record/record-state.js";
import type {
  ApplyOutcome,
  BatchOutcome,
  DecideAll,
  InsertOutcome,
  RecordWrite,
  TakenId,
} from "../../../domain/distinction/record-store.js";
import { Backoff, retrySettings } from "../../../domain/distinction/save/retry.js";
import { actorIn, type RepositoryEnvironment } from "../../../domain/distinction/repository-environment.js";
import { addition, edition, removal, type Written } from "../../../domain/distinction/save/written.js";
import { applyBatch, keyTypesOf } from "../records/batch-store.js";
import type { Database, DatabaseAccess } from "../connection/database.js";
import { HurriedDatabase } from "../connection/hurried-database.js";
import { insertWrite, selectWriteOf } from "./history-statements.js";
import { requireHistory } from "./history-tables.js";
import { wasCommitted } from "./operation-lookup.js";
import type { PlannedDatabase } from "../records/planned-database.js";
import { insertAll, type Refusal } from "../records/record-insertion.js";
import { refused } from "../records/refused-records.js";
import type { RecordTable } from "../records/record-table.js";
import { errorMeaning, translated } from "../connection/server-error.js";
import type { Session, Statement } from "../connection/session.js";
import { SessionDatabase } from "../connection/session-database.js";
import { SqlRecordStore } from "../records/sql-record-store.js";
import { transact } from "../connection/transact.js";

/**
 * A record type's rows with a history: every effective write adds one row to it in the same transaction. So a write whose
 * COMMIT was not answered can be looked up, and is neither lost nor done twice.
 */
export class HistoryRecordStore extends SqlRecordStore {
  constructor(
    private readonly whole: Database,
    table: RecordTable,
    private readonly environment: RepositoryEnvironment,
    private readonly patience?: Patience,
  ) {
    super(patience === undefined ? whole : new HurriedDatabase(whole, patience), table);
  }

  override insert(state: RecordState): Promise<InsertOutcome> {
    return this.#recorded([this.#idOf(state)], async (store, record) => {
      const outcome = await store.insert(state);
      if (outcome === "applied") await record(addition(this.table.type, state));
      return outcome;
    });
  }

  override insertUnless<T>(state: RecordState, refusal: Refusal<T>): Promise<"applied" | T> {
    return this.#recorded([this.#idOf(state)], async (store, record) => {
      const outcome = await store.insertUnless(state, refusal);
      if (outcome === "applied") await record(addition(this.table.type, state));
      return outcome;
    });
  }

  override apply(base: RecordState, changes: ChangeSet, scope?: EntryScope): Promise<ApplyOutcome> {
    return this.#recorded([this.#idOf(base)], async (store, record) => {
      const outcome = await store.apply(base, changes, scope);
      if (outcome.kind === "applied") await record(edition(base.version, changes));
      return outcome;
    });
  }

  by(actor: string): HistoryRecordStore {
    return new HistoryRecordStore(this.whole, this.table, { ...this.environment, actor: () => actor }, this.patience);
  }

  override within(patience: Patience): HistoryRecordStore {
    return new HistoryRecordStore(this.whole, this.table, this.environment, patience);
  }

  protected override async planned(
    database: PlannedDatabase,
    base: RecordState,
    changes: ChangeSet,
  ): Promise<readonly PlannedStatement[]> {
    if (changes.changes.length === 0) return super.planned(database, base, changes);
    await database.transaction(async (session) => {
      await super.planned(database, base, changes);
      await session.run(this.record(edition(base.version, changes), randomUUID(), this.actor()));
    });
    return database.statements;
  }

  override revise(
    id: RecordId,
    decide: (current: RecordState) => readonly Change[],
    scope?: EntryScope,
  ): Promise<{ kind: "applied"; state: RecordState } | { kind: "missing" }> {
    return this.#recorded([id], async (store, record) => {
      let written: ChangeSet | undefined;
      const watched = (current: RecordState): readonly Change[] => {
        const changes = decide(current);
        written = changeSet(this.table.type.name, id, current.version, changes);
        return changes;
      };
      const outcome = await store.revise(id, watched, scope);
      if (written !== undefined && written.changes.length > 0) await record(edition(written.base, written));
      return outcome;
    });
  }

  override remove(base: RecordState): Promise<ApplyOutcome> {
    return this.#recorded([this.#idOf(base)], async (store, record) => {
      const outcome = await store.remove(base);
      if (outcome.kind === "applied") await record(removal(this.table.type, base));
      return outcome;
    });
  }

  override async insertAll(states: readonly RecordState[]): Promise<readonly TakenId[]> {
    const ids = states.map((state) => this.#idOf(state));
    return insertAll(this.database, await this.ready(), states, (work) =>
      this.#recorded(ids, async (_store, record, database) => {
        await database.transaction(work);
        for (const state of states) await record(addition(this.table.type, state));
      }),
    );
  }

  /** Locks first: an attempt that finds some stale would have to undo the history, too. */
  override async applyAll(writes: readonly RecordWrite[], decide: DecideAll): Promise<BatchOutcome> {
    const layout = await this.ready();
    await keyTypesOf(this.database, layout);
    const ids = writes.map(({ base }) => this.#idOf(base));
    return this.#recorded(ids, async (_store, record, database) => {
      const rules = { optimistic: false, stale: () => undefined };
      const outcome = await applyBatch(database, layout, writes, decide, rules);
      if (outcome.kind === "missing") return outcome;
      for (const { base, changes } of outcome.written) {
        const id = idFrom(this.table.type, base.attributes);
        await record(edition(base.version, changeSet(this.table.type.name, id, base.version, changes)));
      }
      return outcome;
    });
  }

  override over(database: Database): HistoryRecordStore {
    return new HistoryRecordStore(database, this.table, this.environment);
  }

  /** Who writes where neither the write nor its unit names anybody. */
  actor(): string | undefined {
    return actorIn(this.environment);
  }

  /** The statement that remembers a write. */
  record(written: Written, operation: string, actor: string | undefined): Statement {
    const writtenAt = this.environment.clock.now();
    return insertWrite(this.table.type, { ...written, actor, operation, writtenAt });
  }

  #idOf({ attributes }: RecordState): RecordId {
    return idFrom(this.table.type, attributes);
  }

  /** Runs `work` in one transaction with what it records, until it is known how that ended. */
  async #recorded<T>(
    ids: readonly RecordId[],
    work: (store: SqlRecordStore, record: (written: Written) => Promise<void>, database: DatabaseAccess) => Promise<T>,
  ): Promise<T> {
    const { clock, random, retry } = this.environment;
    const { type } = this.table;
    const actor = this.actor();
    await this.ready();
    await requireHistory(this.whole, this.patience);
    const backoff = new Backoff(`write of ${type.name}`, retrySettings(retry), clock, random);
    for (;;) {
      const operation = randomUUID();
      let written: Written | undefined;
      const inTransaction = (session: Session): Promise<T> => {
        const database = new SessionDatabase(this.whole, session);
        const record = async (one: Written): Promise<void> => {
          written = one;
          await session.run(this.record(one, operation, actor));
        };
        return work(new SqlRecordStore(database, this.table), record, database);
      };
      try {
        const ended = await this.whole.lend(
          (connection) => transact(connection, () => inTransaction(connection), this.patience),
          this.patience,
        );
        if (ended.kind === "committed" || written === undefined) return ended.value;
        const { changeSet, versionTo } = written;
        const lookup = selectWriteOf(await this.whole.dialect(), type, changeSet.id, versionTo, operation);
        if (await wasCommitted(this.whole, this.environment, operation, lookup, this.patience)) return ended.value;
      } catch (error) {
        if (errorMeaning(error) !== "gave-up") throw refused(translated(error, this.whole.address), this.table, ids);
      }
      this.patience?.check();
      await backoff.pause();
    }
  }
}
