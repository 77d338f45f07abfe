import type { Dialect } from "../connection/dialect.js";
import type { Statement } from "../connection/session.js";

/** The statements that remember which operations were committed, one function each. */

export function insertOperation(operation: string, now: number): Statement {
  return {
    sql: "INSERT INTO distinction_operation (id, written_at) VALUES (?, ?)",
    parameters: [operation, now],
  };
}

/**
 * Locking: where the transaction that wrote the row is still open on the server, its COMMIT on the way to it perhaps,
 * this waits for its end instead of taking the row for missing.
 */
export function selectOperation({ forUpdate }: Dialect, operation: string): Statement {
  return { sql: `SELECT 1 FROM distinction_operation WHERE id = ?${forUpdate}`, parameters: [operation] };
}

/** Nobody asks for old operations any more. A range at the far end of the index from where new ones are inserted. */
export function deleteOperations(before: number): Statement {
  return { sql: "DELETE FROM distinction_operation WHERE written_at < ?", parameters: [before] };
}
