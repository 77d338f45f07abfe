import type { TableStore } from "./tables.js";
import type { RecordTable } from "../infrastructure/persistence/record-table.js";

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
