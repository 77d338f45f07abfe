import type { RecordTable } from "../infrastructure/persistence/records/record-table.js";
import type { TableStore } from "./tables.js";

/** Knows what a table and those of its collections must hold after saves of records that nobody changed: what they held before. */
export class UnchangedOracle {
  private constructor(
    private readonly tables: TableStore,
    private readonly table: RecordTable,
    private readonly rows: readonly Record<string, unknown>[],
    private readonly children: string,
  ) {}

  static async before(tables: TableStore, table: RecordTable): Promise<UnchangedOracle> {
    return new UnchangedOracle(tables, table, await tables.rows(table), await childrenOf(tables, table));
  }

  /**
   * @param raises by how much the arm's saves together raise each version
   * @throws Error where a version is another, or anything else that is stored
   */
  async verify(arm: string, raises = 0): Promise<void> {
    const { name, versionColumn } = this.table;
    const told = (what: string): Error => new Error(`${arm}: saves of what nobody changed left ${what}`);
    const found = await this.tables.rows(this.table);
    for (const [index, before] of this.rows.entries()) {
      const version = Number(before[versionColumn]) + raises;
      const now = found[index]?.[versionColumn];
      if (now !== undefined && Number(now) !== version)
        throw told(`version ${Number(now)} instead of ${version} in ${name}`);
    }
    const expected = this.rows.map((row) => ({ ...row, [versionColumn]: Number(row[versionColumn]) + raises }));
    if (JSON.stringify(found) !== JSON.stringify(expected)) throw told(`other rows in ${name}`);
    if ((await childrenOf(this.tables, this.table)) !== this.children) throw told(`other rows beside ${name}`);
  }
}

/** Each row of each collection, whatever their order. */
async function childrenOf(tables: TableStore, { entryTables }: RecordTable): Promise<string> {
  const all: string[][] = [];
  for (const table of Object.values(entryTables)) {
    all.push((await tables.rows(table)).map((row) => JSON.stringify(row)).sort());
  }
  return JSON.stringify(all);
}
