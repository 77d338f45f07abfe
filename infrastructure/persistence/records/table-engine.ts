import { DistinctionError } from "../../../domain/distinction/errors.js";

/** Tables as `t` with their storage engines as `e`, of which a view has none. */
export const TABLES_AND_ENGINES =
  "information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE";

/** The engine of such a table, where the server does not say that it has transactions. */
export const UNSAFE_ENGINE = "IF(e.TRANSACTIONS = 'YES', NULL, t.ENGINE)";

/**
 * What such an engine writes stays written: a save that fails in its middle would be half done.
 *
 * @param engine as `UNSAFE_ENGINE` tells it
 * @throws DistinctionError `UNSAFE_TABLE_ENGINE`
 */
export function requireSafeEngine(table: string, engine: string | undefined): void {
  if (engine === undefined) return;
  const message =
    `${table} is kept by ${engine}, which has no transactions, but a write is to be stored as a whole or not at all: ` +
    `ALTER TABLE ${table} ENGINE = InnoDB`;
  throw new DistinctionError("UNSAFE_TABLE_ENGINE", message);
}
