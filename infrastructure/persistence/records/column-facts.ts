import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Session } from "../connection/session.js";
import { TABLES_AND_ENGINES, UNSAFE_ENGINE } from "./table-engine.js";

/** What a database says of a column. */
export interface ColumnFacts {
  readonly type: string;
  readonly collation: string | undefined;
  /** Digits of a second that the column keeps, where it keeps a time. */
  readonly digits: number | undefined;
}

/** The columns of one table. Their names ignore case, as they do to every database here. */
export class TableColumns {
  readonly #facts: ReadonlyMap<string, ColumnFacts>;

  /** @param unsafeEngine what keeps the table, where that has no transactions */
  constructor(
    facts: Iterable<readonly [name: string, facts: ColumnFacts]>,
    readonly unsafeEngine?: string,
  ) {
    this.#facts = new Map([...facts].map(([name, one]) => [name.toLowerCase(), one]));
  }

  get(name: string): ColumnFacts | undefined {
    return this.#facts.get(name.toLowerCase());
  }
}

/**
 * Both tables' names are given: MariaDB would go through all databases for the one that it has to find by a join.
 *
 * @throws DistinctionError `MISSING_TABLE`
 */
export async function serverColumns(session: Session, table: string): Promise<TableColumns> {
  const rows = await session.rows({
    sql:
      `SELECT c.COLUMN_NAME, c.DATA_TYPE, c.COLLATION_NAME, c.DATETIME_PRECISION, ${UNSAFE_ENGINE} ` +
      `FROM information_schema.COLUMNS c JOIN ${TABLES_AND_ENGINES} WHERE c.TABLE_SCHEMA = DATABASE() ` +
      "AND c.TABLE_NAME = ? AND t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = ?",
    parameters: [table, table],
  });
  const [first] = rows;
  if (first === undefined) throw missingTable(table);
  return new TableColumns(
    rows.map(([name, type, collation, digits]) => [
      String(name),
      {
        type: String(type).toLowerCase(),
        collation: (collation as string | null) ?? undefined,
        digits: digits === null ? undefined : Number(digits),
      },
    ]),
    (first[4] as string | null) ?? undefined,
  );
}

/** @throws DistinctionError `MISSING_TABLE` */
export async function sqliteColumns(session: Session, table: string): Promise<TableColumns> {
  const rows = await session.rows({ sql: "SELECT name, type FROM pragma_table_xinfo(?)", parameters: [table] });
  if (rows.length === 0) throw missingTable(table);
  // Of generated columns only this pragma tells. Every type with INT in its name is stored in up to 64 bits.
  return new TableColumns(
    rows.map(([name, type]) => {
      const word = String(type).toLowerCase();
      return [String(name), { type: word.includes("int") ? "bigint" : word, collation: undefined, digits: undefined }];
    }),
  );
}

function missingTable(table: string): DistinctionError {
  return new DistinctionError("MISSING_TABLE", `there is no table ${table}`);
}
