import { changeSet, type ChangeSet } from "../../domain/distinction/change-set.js";
import { idFrom, idText, type RecordId } from "../../domain/distinction/record-id.js";
import type { EntryScope, RecordState } from "../../domain/distinction/record-state.js";
import type { ApplyOutcome, BatchOutcome } from "../../domain/distinction/record-store.js";
import { applyBatch } from "./batch-store.js";
import { addition, edition, removal, type Written } from "./history-record-store.js";
import { readRecords, type ReadRecords } from "./record-reader.js";
import { SqlRecordStore } from "./sql-record-store.js";
import type { RecordTable } from "./record-table.js";
import type { TableLayout } from "./table-layout.js";
import type { UnitDatabase } from "./unit-database.js";

/**
 * A record type's rows inside one run of a unit. What the unit reads may be older than what is stored, and cannot be read
 * anew before its transaction ends; so whoever finds another writer's version ends the run instead of merging with it.
 * Only of records that the unit wrote itself is it known what they are.
 */
export class UnitRecordStore extends SqlRecordStore {
  readonly #written = new Set<string>();
  readonly #absent = new Set<string>();

  /**
   * @param locking whether to lock what is loaded
   * @param record keeps the history, where the records have one
   * @param seen gets the id of every record that is loaded: the next run may lock them all before it begins
   */
  constructor(
    private readonly unit: UnitDatabase,
    table: RecordTable,
    private readonly locking: boolean,
    private readonly seen: (id: RecordId) => void,
    private readonly record: ((written: Written) => Promise<void>) | undefined,
  ) {
    super(unit, table);
  }

  override async load(ids: readonly RecordId[], scope?: EntryScope): Promise<(RecordState | undefined)[]> {
    if (ids.length === 0) return [];
    ids.forEach(this.seen);
    const layout = await this.ready();
    const options = { lock: this.locking };
    const { states, torn } = await this.unit.session((session) => readRecords(session, layout, ids, scope, options));
    if (torn.length > 0) throw this.#lost(torn[0]!);
    const found = ids.map((id) => states.get(idText(id)));
    ids.forEach((id, index) => found[index] ?? this.#absent.add(idText(id)));
    return found;
  }

  override async insert(...write: Parameters<SqlRecordStore["insert"]>): Promise<"applied" | "duplicate"> {
    const [state] = write;
    const id = idFrom(this.table.type, state.attributes);
    const outcome = await super.insert(...write);
    if (outcome === "duplicate" && this.#absent.has(idText(id))) throw this.#lost(id);
    if (outcome === "applied") {
      this.#wrote(id);
      await this.record?.(addition(this.table, state));
    }
    return outcome;
  }

  override async apply(...write: Parameters<SqlRecordStore["apply"]>): Promise<ApplyOutcome> {
    const [base, changes] = write;
    const outcome = await super.apply(...write);
    if (outcome.kind === "applied") {
      this.#wrote(idFrom(this.table.type, base.attributes));
      await this.record?.(edition(base.version, changes));
    }
    return outcome;
  }

  override async revise(
    ...write: Parameters<SqlRecordStore["revise"]>
  ): Promise<{ kind: "applied"; state: RecordState } | { kind: "missing" }> {
    const [id, decide, scope] = write;
    this.seen(id);
    let written: ChangeSet | undefined;
    const watched: typeof decide = (current) => {
      const changes = decide(current);
      written = changeSet(this.table.type.name, id, current.version, changes);
      return changes;
    };
    const outcome = await super.revise(id, watched, scope);
    if (outcome.kind === "applied") this.#wrote(id);
    if (written !== undefined && written.changes.length > 0) await this.record?.(edition(written.base, written));
    return outcome;
  }

  override async remove(...write: Parameters<SqlRecordStore["remove"]>): Promise<ApplyOutcome> {
    const [base] = write;
    const outcome = await super.remove(...write);
    if (outcome.kind === "applied") {
      this.#wrote(idFrom(this.table.type, base.attributes));
      await this.record?.(removal(this.table, base));
    }
    return outcome;
  }

  override async insertAll(states: readonly RecordState[]): Promise<readonly RecordId[]> {
    const taken = await super.insertAll(states);
    const appeared = taken.find((id) => this.#absent.has(idText(id)));
    if (appeared !== undefined) throw this.#lost(appeared);
    if (taken.length > 0) return taken;
    for (const state of states) {
      this.#wrote(idFrom(this.table.type, state.attributes));
      await this.record?.(addition(this.table, state));
    }
    return [];
  }

  /** Locks first: what an attempt wrote could not be undone without the rest of the unit. */
  override async applyAll(...write: Parameters<SqlRecordStore["applyAll"]>): Promise<BatchOutcome> {
    const [writes, decide] = write;
    for (const { base } of writes) this.seen(idFrom(this.table.type, base.attributes));
    const outcome = await applyBatch(this.unit, await this.ready(), writes, decide, {
      optimistic: false,
      stale: (id) => {
        if (!this.#written.has(idText(id))) throw this.#lost(id);
      },
    });
    if (outcome.kind === "missing") return outcome;
    for (const { base, changes } of outcome.written) {
      const id = idFrom(this.table.type, base.attributes);
      this.#wrote(id);
      await this.record?.(edition(base.version, changeSet(this.table.type.name, id, base.version, changes)));
    }
    return outcome;
  }

  protected override current(layout: TableLayout, base: RecordState, scope?: EntryScope): Promise<ApplyOutcome> {
    const id = idFrom(this.table.type, base.attributes);
    if (!this.#written.has(idText(id))) throw this.#lost(id);
    return super.current(layout, base, scope);
  }

  protected override locked(read: ReadRecords, id: RecordId): RecordState | undefined {
    if (read.torn.length > 0) throw this.#lost(id);
    return super.locked(read, id);
  }

  #wrote(id: RecordId): void {
    this.#written.add(idText(id));
    this.#absent.delete(idText(id));
  }

  #lost(id: RecordId): Error {
    return this.unit.lose(`${this.table.type.name} ${idText(id)} was changed by another writer`);
  }
}
