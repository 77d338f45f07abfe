import { DistinctionError } from "../../../domain/distinction/errors.js";
import { newState } from "../../../domain/distinction/record/new-record.js";
import { recordFrom } from "../../../domain/distinction/record/record.js";
import { idFrom, idText, recordId } from "../../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { AnyRecordType, IdOf, RecordOf } from "../../../domain/distinction/types/record-type.js";
import type { Database } from "../connection/database.js";
import { lookupValue } from "../records/entry-statements.js";
import { writeAllEntries } from "../records/entry-writer.js";
import { encoded, placeholders } from "../records/record-statements.js";
import type { RecordTable } from "../records/record-table.js";
import type { Statement } from "../connection/session.js";
import { SqlRecordStore } from "../records/sql-record-store.js";
import { tableLayout, type EntryLayout, type TableLayout } from "../records/table-layout.js";

/**
 * The write path that the distinction layer replaces, kept to be compared with: every save stores the whole record as
 * the caller has it, and the last writer wins.
 *
 * **It loses updates by design.** What others wrote since the record was loaded is overwritten with what it was before;
 * entries that they added are deleted. Everything else is done well: one transaction, batched statements, no reads.
 */
export class FullWriteRepository<R extends AnyRecordType> {
  readonly #store: SqlRecordStore;

  constructor(
    private readonly type: R,
    private readonly database: Database,
    private readonly table: RecordTable,
  ) {
    this.#store = new SqlRecordStore(database, table);
  }

  /** @throws DistinctionError `RECORD_NOT_FOUND` */
  async get(id: IdOf<R>): Promise<RecordOf<R>> {
    const key = recordId(this.type, id);
    const [state] = await this.#store.load([key]);
    if (state === undefined) throw this.#notFound(idText(key));
    return recordFrom(this.type, state);
  }

  /**
   * Overwrites what is stored with the whole of `record`.
   *
   * @throws InvalidValueError
   * @throws DistinctionError `RECORD_NOT_FOUND`
   */
  async save(record: RecordOf<R>): Promise<void> {
    const state = newState(this.type, record);
    const layout = tableLayout(this.table, await this.database.dialect());
    const found = await this.database.transaction(async (session) => {
      if ((await session.run(overwriteRecord(layout, state))) === 0) return false;
      for (const entries of layout.entries.values()) await session.run(dropOtherEntries(entries, state));
      await writeAllEntries(session, layout, [state]);
      return true;
    });
    if (!found) throw this.#notFound(idText(idFrom(this.type, state.attributes)));
  }

  #notFound(id: string): DistinctionError {
    return new DistinctionError("RECORD_NOT_FOUND", `${this.type.name} ${id} does not exist`);
  }
}

/** `UPDATE t SET <all columns>, version = version + 1 WHERE key = ?`: whatever version is stored. */
function overwriteRecord(layout: TableLayout, state: RecordState): Statement {
  const columns = layout.columns.filter((column) => !layout.key.includes(column));
  const assignments = columns.map((column) => `${column.name} = ?, `).join("");
  const where = layout.key.map((column) => `${column.name} = ?`).join(" AND ");
  return {
    sql: `UPDATE ${layout.name} SET ${assignments}${layout.version} = ${layout.version} + 1 WHERE ${where}${layout.alive}`,
    parameters: [...columns, ...layout.key].map((column) => encoded(column, state)),
  };
}

/** Deletes the entries that the record no longer has, and those that it never saw. */
function dropOtherEntries(entries: EntryLayout, state: RecordState): Statement {
  const kept = [...(state.collections[entries.collection]?.keys() ?? [])];
  const conditions = entries.owner.map(({ name }) => `${name} = ?`);
  if (kept.length > 0) conditions.push(`${entries.lookupColumn} NOT IN (${placeholders(kept.length)})`);
  return {
    sql: `DELETE FROM ${entries.name} WHERE ${conditions.join(" AND ")}`,
    parameters: [
      ...entries.owner.map(({ column }) => encoded(column, state)),
      ...kept.map((key) => lookupValue(entries, key)),
    ],
    varying: kept.length > 0,
  };
}
