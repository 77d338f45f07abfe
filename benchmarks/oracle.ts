import type { TableStore } from "./tables.js";
import type { RecordTable } from "../infrastructure/persistence/records/record-table.js";

/**
 * Knows what the record must hold: every acknowledged increment of a counter happened, whatever the order. What the
 * stored counters lack of that was lost.
 */
export class CounterOracle {
  readonly #acknowledged = new Map<string, number>();

  /** The arm says that one increment is stored. */
  acknowledge(attribute: string): void {
    this.#acknowledged.set(attribute, (this.#acknowledged.get(attribute) ?? 0) + 1);
  }

  async lost(tables: TableStore, table: RecordTable, id: string): Promise<number> {
    const row = await tables.row(table, id);
    let lost = 0;
    for (const [attribute, count] of this.#acknowledged) {
      lost += Math.abs(count - Number(row[table.columns[attribute]!]));
    }
    return lost;
  }
}

/**
 * Knows what records must hold whose updates came one after the other, each of one column: the last acknowledged value, and
 * a version for each of them.
 */
export class LastValueOracle {
  readonly #acknowledged = new Map<string, { readonly value: string; readonly count: number }>();

  /** The arm says that the value is stored. */
  acknowledge(id: string, value: string): void {
    this.#acknowledged.set(id, { value, count: (this.#acknowledged.get(id)?.count ?? 0) + 1 });
  }

  /** How many updates are said to be stored. */
  get acknowledged(): number {
    return [...this.#acknowledged.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** Updates that the rows' versions lack, those of rows that are gone, and rows that hold another value though they lack none. */
  async lost(tables: TableStore, table: RecordTable, attribute: string): Promise<number> {
    let lost = 0;
    const rows = new Map((await tables.rows(table)).map((row) => [row["id"] as string, row]));
    for (const [id, acknowledged] of this.#acknowledged) {
      const row = rows.get(id);
      if (row === undefined) {
        lost += acknowledged.count;
        continue;
      }
      const missing = Math.abs(1 + acknowledged.count - Number(row[table.versionColumn]));
      lost += missing === 0 && row[table.columns[attribute]!] !== acknowledged.value ? 1 : missing;
    }
    return lost;
  }
}

/**
 * Knows what rows must hold after one batch: the new value of one column, a version that rose by one, and in every other
 * column what was there before.
 */
export class ValueOracle {
  private constructor(
    private readonly tables: TableStore,
    private readonly table: RecordTable,
    private readonly expected: ReadonlyMap<string, string>,
  ) {}

  static async before(
    tables: TableStore,
    table: RecordTable,
    ids: readonly string[],
    attribute: string,
    values: ReadonlyMap<string, string>,
  ): Promise<ValueOracle> {
    const rows = (await tables.rows(table)).filter(({ id }) => values.has(id as string));
    if (rows.length !== ids.length) throw new Error(`${table.name} lacks rows that a batch is to change`);
    const after = rows.map((row) => {
      const id = row["id"] as string;
      const version = Number(row[table.versionColumn]) + 1;
      const changed = { ...row, [table.columns[attribute]!]: values.get(id), [table.versionColumn]: version };
      return [id, JSON.stringify(changed)] as const;
    });
    return new ValueOracle(tables, table, new Map(after));
  }

  /** The rows that are not as they must be, or not there. */
  async lost(): Promise<number> {
    const rows = await this.tables.rows(this.table);
    const stored = new Map(rows.map((row) => [row["id"] as string, JSON.stringify(row)]));
    return [...this.expected].filter(([id, expected]) => stored.get(id) !== expected).length;
  }
}
