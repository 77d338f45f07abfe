import { changeSet, type ChangeSet } from "../../../domain/distinction/diff/change-set.js";
import type { PlannedStatement } from "../../../domain/distinction/save/explanation.js";
import { idFrom, idText, type RecordId } from "../../../domain/distinction/record/record-id.js";
import type { EntryScope, RecordState } from "../../../domain/distinction/record/record-state.js";
import type { StoreQuery } from "../../../domain/distinction/list-query.js";
import type {
  ApplyOutcome,
  BatchOutcome,
  InsertOutcome,
  StorePage,
  TakenId,
} from "../../../domain/distinction/record-store.js";
import { addition, edition, removal, type Written } from "../../../domain/distinction/save/written.js";
import { applyBatch } from "../records/batch-store.js";
import type { DatabaseAccess } from "../connection/database.js";
import type { Statement } from "../connection/session.js";
import { PlannedDatabase } from "../records/planned-database.js";
import { readRecords, type ReadRecords } from "../records/record-reader.js";
import { SqlRecordStore } from "../records/sql-record-store.js";
import type { RecordTable } from "../records/record-table.js";
import type { SeenRecords } from "./seen-records.js";
import type { UnitDatabase } from "./unit-database.js";

/** What one run of a unit knows of a table's records, by their ids, whichever store wrote or looked for them. */
export class UnitRecords {
  readonly written = new Set<string>();
  readonly absent = new Set<string>();
}

/**
 * A record type's rows inside one run of a unit. What the unit reads may be older than what is stored, and cannot be read
 * anew before its transaction ends; so whoever finds another writer's version ends the run instead of merging with it.
 * Only of records that the unit wrote itself is it known what they are.
 */
export class UnitRecordStore extends SqlRecordStore {
  /**
   * @param records shared by the run's stores of one table
   * @param locking whether to lock what is loaded
   * @param recording the statement that keeps a write in the history, where the records have one
   * @param seen the records of this table in all runs of the unit
   */
  constructor(
    private readonly unit: UnitDatabase,
    table: RecordTable,
    private readonly records: UnitRecords,
    private readonly locking: boolean,
    private readonly seen: SeenRecords,
    private readonly recording: ((written: Written, actor: string | undefined) => Statement) | undefined,
    private readonly actor?: string,
  ) {
    super(unit, table);
  }

  by(actor: string): UnitRecordStore {
    return new UnitRecordStore(this.unit, this.table, this.records, this.locking, this.seen, this.recording, actor);
  }

  /** A statement of a unit waits as the unit does. */
  override within(): this {
    return this;
  }

  override explain(base: RecordState, changes: ChangeSet): Promise<readonly PlannedStatement[]> {
    return this.planned(new PlannedDatabase(this.unit, { inTransaction: true }), base, changes);
  }

  protected override async planned(
    database: PlannedDatabase,
    base: RecordState,
    changes: ChangeSet,
  ): Promise<readonly PlannedStatement[]> {
    await super.planned(database, base, changes);
    if (changes.changes.length > 0) await this.#recordIn(database, edition(base.version, changes));
    return database.statements;
  }

  override async load(ids: readonly RecordId[], scope?: EntryScope): Promise<(RecordState | undefined)[]> {
    if (ids.length === 0) return [];
    this.#see(ids);
    const layout = await this.ready();
    const lock = this.locking ? "records" : "none";
    const { states, torn } = await this.unit.session((session) => readRecords(session, layout, ids, scope, lock));
    if (torn.length > 0) throw this.#lost(torn[0]!);
    const found = ids.map((id) => states.get(idText(id)));
    ids.forEach((id, index) => found[index] ?? this.records.absent.add(idText(id)));
    return found;
  }

  override async list(query: StoreQuery): Promise<StorePage> {
    const page = await super.list(query);
    if (page.kind !== "page") return page;
    const counted = page.states.filter(({ attributes }) => this.seen.list(idFrom(this.table.type, attributes)));
    if (!this.locking) return page;
    const ids = counted.map(({ attributes }) => idFrom(this.table.type, attributes));
    const locked = await this.load(ids, query.scope);
    // Read before the lock, a record may meet the query no more. The next run locks it before it reads.
    const changed = locked.findIndex((state, index) => state?.version !== counted[index]!.version);
    if (changed >= 0) throw this.#lost(ids[changed]!);
    return page;
  }

  override insert(...write: Parameters<SqlRecordStore["insert"]>): Promise<InsertOutcome> {
    return this.unit.write(async () => {
      const [state] = write;
      const id = idFrom(this.table.type, state.attributes);
      const outcome = await super.insert(...write);
      if (outcome === "duplicate" && this.records.absent.has(idText(id))) throw this.#lost(id);
      if (outcome === "applied") {
        this.#wrote(id);
        await this.#record(addition(this.table.type, state));
      }
      return outcome;
    });
  }

  override insertUnless<T>(
    ...write: Parameters<typeof SqlRecordStore.prototype.insertUnless<T>>
  ): Promise<"applied" | T> {
    return this.unit.write(async () => {
      const [state] = write;
      const outcome = await super.insertUnless(...write);
      if (outcome === "applied") {
        this.#wrote(idFrom(this.table.type, state.attributes));
        await this.#record(addition(this.table.type, state));
      }
      return outcome;
    });
  }

  override apply(...write: Parameters<SqlRecordStore["apply"]>): Promise<ApplyOutcome> {
    return this.unit.write(async () => {
      const [base, changes] = write;
      this.#see([idFrom(this.table.type, base.attributes)]);
      const outcome = await super.apply(...write);
      if (outcome.kind === "applied") {
        this.#wrote(idFrom(this.table.type, base.attributes));
        await this.#record(edition(base.version, changes));
      }
      return outcome;
    });
  }

  override revise(
    ...write: Parameters<SqlRecordStore["revise"]>
  ): Promise<{ kind: "applied"; state: RecordState } | { kind: "missing" }> {
    return this.unit.write(async () => {
      const [id, decide, scope] = write;
      this.#see([id]);
      let written: ChangeSet | undefined;
      const watched: typeof decide = (current) => {
        const changes = decide(current);
        written = changeSet(this.table.type.name, id, current.version, changes);
        return changes;
      };
      const outcome = await super.revise(id, watched, scope);
      if (outcome.kind === "applied") this.#wrote(id);
      if (written !== undefined && written.changes.length > 0) await this.#record(edition(written.base, written));
      return outcome;
    });
  }

  override remove(...write: Parameters<SqlRecordStore["remove"]>): Promise<ApplyOutcome> {
    return this.unit.write(async () => {
      const [base] = write;
      this.#see([idFrom(this.table.type, base.attributes)]);
      const outcome = await super.remove(...write);
      if (outcome.kind === "applied") {
        this.#wrote(idFrom(this.table.type, base.attributes));
        await this.#record(removal(this.table.type, base));
      }
      return outcome;
    });
  }

  override insertAll(states: readonly RecordState[]): Promise<readonly TakenId[]> {
    return this.unit.write(async () => {
      const taken = await super.insertAll(states);
      const appeared = taken.find(({ id, isDeleted }) => !isDeleted && this.records.absent.has(idText(id)));
      if (appeared !== undefined) throw this.#lost(appeared.id);
      if (taken.length > 0) return taken;
      for (const state of states) {
        this.#wrote(idFrom(this.table.type, state.attributes));
        await this.#record(addition(this.table.type, state));
      }
      return [];
    });
  }

  /** Locks first: what an attempt wrote could not be undone without the rest of the unit. */
  override applyAll(...write: Parameters<SqlRecordStore["applyAll"]>): Promise<BatchOutcome> {
    return this.unit.write(async () => {
      const [writes, decide] = write;
      const layout = await this.ready();
      const rules = {
        optimistic: false,
        stale: (id: RecordId) => {
          if (!this.records.written.has(idText(id))) throw this.#lost(id);
        },
      };
      const ids = writes.map(({ base }) => idFrom(this.table.type, base.attributes));
      this.#see(ids);
      const outcome = await this.naming(ids, () => applyBatch(this.unit, layout, writes, decide, rules));
      if (outcome.kind === "missing") return outcome;
      for (const { base, changes } of outcome.written) {
        const id = idFrom(this.table.type, base.attributes);
        this.#wrote(id);
        await this.#record(edition(base.version, changeSet(this.table.type.name, id, base.version, changes)));
      }
      return outcome;
    });
  }

  protected override current(
    ...[layout, base, scope]: Parameters<SqlRecordStore["current"]>
  ): ReturnType<SqlRecordStore["current"]> {
    const id = idFrom(this.table.type, base.attributes);
    if (!this.records.written.has(idText(id))) throw this.#lost(id);
    return super.current(layout, base, scope);
  }

  protected override locked(read: ReadRecords, id: RecordId): RecordState | undefined {
    if (read.torn.length > 0) throw this.#lost(id);
    return super.locked(read, id);
  }

  /** Dooms the unit where it fails, even if the error is caught: the record is not to be stored without its history. */
  async #record(written: Written): Promise<void> {
    try {
      await this.#recordIn(this.unit, written);
    } catch (error) {
      this.unit.spoil(error);
      throw error;
    }
  }

  async #recordIn(database: DatabaseAccess, written: Written): Promise<void> {
    if (this.recording === undefined) return;
    const statement = this.recording(written, this.actor);
    await database.session((session) => session.run(statement));
  }

  #see(ids: readonly RecordId[]): void {
    for (const id of ids) this.seen.add(id);
  }

  #wrote(id: RecordId): void {
    this.records.written.add(idText(id));
    this.records.absent.delete(idText(id));
  }

  #lost(id: RecordId): Error {
    return this.unit.lose(`${this.table.type.name} ${idText(id)} was changed by another writer`);
  }
}
