import { createPool, type Pool, type RowDataPacket } from "mysql2/promise";
import { systemClock } from "../infrastructure/clock/system-clock.js";
import { createTables } from "../infrastructure/persistence/records/create-table.js";
import { openDatabase } from "../infrastructure/persistence/connection/open-database.js";
import type { RecordTable } from "../infrastructure/persistence/records/record-table.js";
import { SqlRecordStore } from "../infrastructure/persistence/records/sql-record-store.js";
import { newState } from "../domain/distinction/record/new-record.js";

/** Makes and fills the tables that all arms share, and reads them for the oracle, past every arm. */
export class TableStore {
  readonly #pool: Pool;

  constructor(private readonly url: string) {
    this.#pool = createPool({ uri: url, connectionLimit: 2 });
  }

  /** Makes the table anew, holding `records`. */
  async fill(table: RecordTable, records: readonly object[]): Promise<void> {
    const options = { clock: systemClock, random: Math.random, schema: "unmanaged" as const, poolSize: 8 };
    const database = openDatabase(this.url, options);
    try {
      for (const { name } of [...Object.values(table.entryTables), table]) {
        await this.#pool.query("DROP TABLE IF EXISTS ??", [name]);
      }
      for (const sql of createTables(table, await database.dialect())) await this.#pool.query(sql);
      // MikroORM leaves a new record's version to its column's default.
      await this.#pool.query("ALTER TABLE ?? ALTER COLUMN ?? SET DEFAULT 1", [table.name, table.versionColumn]);
      const store = new SqlRecordStore(database, table);
      for (let from = 0; from < records.length; from += 100) {
        const some = records.slice(from, from + 100);
        await Promise.all(some.map((record) => store.insert(newState(table.type, record as Record<string, unknown>))));
      }
    } finally {
      await database.close();
    }
  }

  /** The stored row, column by column. */
  async row({ name }: RecordTable, id: string): Promise<Record<string, unknown>> {
    const [rows] = await this.#pool.query<RowDataPacket[]>("SELECT * FROM ?? WHERE id = ?", [name, id]);
    return rows[0]!;
  }

  /** All rows as plain objects, as the driver makes them. */
  async rows({ name }: Pick<RecordTable, "name">): Promise<Record<string, unknown>[]> {
    const [rows] = await this.#pool.query<RowDataPacket[]>("SELECT * FROM ??", [name]);
    return rows;
  }

  /** The rows of which the column has one of these values. */
  async rowsAmong(table: string, column: string, values: readonly string[]): Promise<Record<string, unknown>[]> {
    if (values.length === 0) return [];
    const [rows] = await this.#pool.query<RowDataPacket[]>("SELECT * FROM ?? WHERE ?? IN (?)", [table, column, values]);
    return rows;
  }

  /** How many rows have these values; without any, how many there are. */
  async rowsWhere(table: string, values: Readonly<Record<string, unknown>> = {}): Promise<number> {
    const conditions = ["TRUE", ...Object.keys(values).map(() => "?? <=> ?")];
    const [[row]] = await this.#pool.query<RowDataPacket[]>(
      `SELECT COUNT(*) AS found FROM ?? WHERE ${conditions.join(" AND ")}`,
      [table, ...Object.entries(values).flat()],
    );
    return Number(row!["found"]);
  }

  /** How many rows the whole server inserts, changes and deletes while `work` runs, as it counts them itself: in temporary tables too. */
  async rowsWritten(work: () => Promise<unknown>): Promise<number> {
    const first = await this.#handled();
    const before = await this.#handled();
    await work();
    return (await this.#handled()) - before - (before - first); // less what the question itself counts
  }

  async #handled(): Promise<number> {
    const [rows] = await this.#pool.query<RowDataPacket[]>(
      "SHOW GLOBAL STATUS WHERE Variable_name IN ('Handler_write', 'Handler_update', 'Handler_delete')",
    );
    return rows.reduce((sum, row) => sum + Number(row["Value"]), 0);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
