import { randomUUID } from "node:crypto";
import type { Change } from "../../domain/distinction/change.js";
import { changeSet, type ChangeSet } from "../../domain/distinction/change-set.js";
import { canonical } from "../../domain/distinction/diff.js";
import { idFrom, type RecordId } from "../../domain/distinction/record-id.js";
import type { EntryScope, RecordState } from "../../domain/distinction/record-state.js";
import type { ApplyOutcome, BatchOutcome, DecideAll, RecordWrite } from "../../domain/distinction/record-store.js";
import { Backoff, DEFAULT_RETRY } from "../../domain/distinction/retry.js";
import type { RepositoryEnvironment } from "../../domain/distinction/save-options.js";
import { applyBatch, insertAll } from "./batch-store.js";
import type { Database, DatabaseAccess } from "./database.js";
import { insertWrite, selectWriteOf, type Write } from "./history-statements.js";
import { wasCommitted } from "./operation-lookup.js";
import type { RecordTable } from "./record-table.js";
import { errorMeaning, translated } from "./server-error.js";
import type { Session, Statement } from "./session.js";
import { SessionDatabase } from "./session-database.js";
import { allPuts, SqlRecordStore } from "./sql-record-store.js";
import { transact } from "./transact.js";

/** What a write is, but for who wrote it, when, and with what else. */
export type Written = Omit<Write, "actor" | "operation" | "writtenAt">;

/**
 * A record type's rows with a history: every effective write adds one row to it in the same transaction. So a write whose
 * COMMIT was not answered can be looked up, and is neither lost nor done twice.
 */
export class HistoryRecordStore extends SqlRecordStore {
  constructor(
    private readonly whole: Database,
    table: RecordTable,
    private readonly environment: RepositoryEnvironment,
  ) {
    super(whole, table);
  }

  override insert(state: RecordState): Promise<"applied" | "duplicate"> {
    return this.#recorded(async (store, record) => {
      const outcome = await store.insert(state);
      if (outcome === "applied") await record(addition(this.table, state));
      return outcome;
    });
  }

  override apply(base: RecordState, changes: ChangeSet, scope?: EntryScope): Promise<ApplyOutcome> {
    return this.#recorded(async (store, record) => {
      const outcome = await store.apply(base, changes, scope);
      if (outcome.kind === "applied") await record(edition(base.version, changes));
      return outcome;
    });
  }

  override revise(
    id: RecordId,
    decide: (current: RecordState) => readonly Change[],
    scope?: EntryScope,
  ): Promise<{ kind: "applied"; state: RecordState } | { kind: "missing" }> {
    return this.#recorded(async (store, record) => {
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
    return this.#recorded(async (store, record) => {
      const outcome = await store.remove(base);
      if (outcome.kind === "applied") await record(removal(this.table, base));
      return outcome;
    });
  }

  override async insertAll(states: readonly RecordState[]): Promise<readonly RecordId[]> {
    return insertAll(this.whole, await this.ready(), states, (work) =>
      this.#recorded(async (_store, record, database) => {
        await database.transaction(work);
        for (const state of states) await record(addition(this.table, state));
      }),
    );
  }

  /** Locks first: an attempt that finds some stale would have to undo the history, too. */
  override async applyAll(writes: readonly RecordWrite[], decide: DecideAll): Promise<BatchOutcome> {
    const layout = await this.ready();
    return this.#recorded(async (_store, record, database) => {
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

  /** The statement that remembers a write. */
  record(written: Written, operation: string, actor = this.environment.actor?.()): Statement {
    const writtenAt = this.environment.clock.now();
    return insertWrite(this.table.type, { ...written, actor, operation, writtenAt });
  }

  /** Runs `work` in one transaction with what it records, until it is known how that ended. */
  async #recorded<T>(
    work: (store: SqlRecordStore, record: (written: Written) => Promise<void>, database: DatabaseAccess) => Promise<T>,
  ): Promise<T> {
    const { clock, random, retry } = this.environment;
    const { type } = this.table;
    await this.ready();
    const backoff = new Backoff(`write of ${type.name}`, { ...DEFAULT_RETRY, ...retry }, clock, random);
    for (;;) {
      const operation = randomUUID();
      let written: Written | undefined;
      const inTransaction = (session: Session): Promise<T> => {
        const database = new SessionDatabase(this.whole, session);
        const record = async (one: Written): Promise<void> => {
          written = one;
          await session.run(this.record(one, operation));
        };
        return work(new SqlRecordStore(database, this.table), record, database);
      };
      try {
        const ended = await this.whole.lend((connection) => transact(connection, () => inTransaction(connection)));
        if (ended.kind === "committed" || written === undefined) return ended.value;
        const { changeSet, versionTo } = written;
        const lookup = selectWriteOf(await this.whole.dialect(), type, changeSet.id, versionTo, operation);
        if (await wasCommitted(this.whole, this.environment, operation, lookup)) return ended.value;
      } catch (error) {
        if (errorMeaning(error) !== "gave-up") throw translated(error, this.whole.address);
      }
      await backoff.pause();
    }
  }
}

/** A record that is there now and was not before: every value that it has. */
export function addition({ type }: RecordTable, state: RecordState): Written {
  const attributes = Object.entries(state.attributes).map(([attribute, to]) => ({
    kind: "attribute.set" as const,
    attribute,
    from: undefined,
    to,
  }));
  const changes = canonical([...attributes, ...allPuts(state)]);
  const id = idFrom(type, state.attributes);
  return { versionFrom: undefined, versionTo: state.version, changeSet: changeSet(type.name, id, 0, changes) };
}

export function edition(base: number, changes: ChangeSet): Written {
  return { versionFrom: base, versionTo: base + 1, changeSet: changes };
}

export function removal({ type }: RecordTable, base: RecordState): Written {
  const id = idFrom(type, base.attributes);
  return { versionFrom: base.version, versionTo: undefined, changeSet: changeSet(type.name, id, base.version, []) };
}
