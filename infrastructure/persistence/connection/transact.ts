import type { Patience } from "../../../domain/distinction/save/patience.js";
import type { Connection } from "./connection.js";
import { errorMeaning, isUnavailable } from "./server-error.js";
import type { Session } from "./session.js";

/** How a transaction ended that did not fail before its COMMIT. */
export type Committed<T> =
  | { readonly kind: "committed"; readonly value: T }
  /** COMMIT was sent and not answered: what it was to store is stored, or nothing of it. */
  | { readonly kind: "unknown"; readonly value: T; readonly error: unknown };

/**
 * One run of a transaction. Throws what `work` throws, or the driver's error, after rolling back; or what `patience` does,
 * where that has ended and the connection broke before COMMIT was sent: then nothing is stored.
 */
export async function transact<T>(
  connection: Connection,
  work: (session: Session) => Promise<T>,
  patience: Patience | undefined,
): Promise<Committed<T>> {
  let value: T;
  try {
    await connection.begin();
    value = await work(connection);
  } catch (error) {
    await rollback(connection);
    if (isUnavailable(error)) patience?.check();
    throw error;
  }
  try {
    await connection.commit();
    return { kind: "committed", value };
  } catch (error) {
    await rollback(connection);
    if (errorMeaning(error) !== "unavailable") throw error;
    return { kind: "unknown", value, error };
  }
}

/** A lock timeout undoes one statement only, so roll back explicitly; a broken connection cannot and need not. */
async function rollback(connection: Connection): Promise<void> {
  await connection.rollback().catch(() => undefined);
}
