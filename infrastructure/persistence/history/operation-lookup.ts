import { DistinctionError } from "../../../domain/distinction/errors.js";
import { Backoff, retrySettings } from "../../../domain/distinction/save/retry.js";
import type { RepositoryEnvironment } from "../../../domain/distinction/repository-environment.js";
import type { Patience } from "../../../domain/distinction/save/patience.js";
import { LAST_WAIT } from "../connection/hurried-connection.js";
import type { Database } from "../connection/database.js";
import { errorMeaning, translated } from "../connection/server-error.js";
import type { Statement } from "../connection/session.js";

/**
 * Whether an operation was committed whose COMMIT was not answered.
 *
 * @param lookup a locking read that finds a row of the operation
 * @param patience of the operation's caller; where it has an end, the look-up has one of its own
 * @throws DistinctionError `DATABASE_UNAVAILABLE` where the database does not answer in time either
 */
export async function wasCommitted(
  database: Database,
  { clock, random, retry }: Pick<RepositoryEnvironment, "clock" | "random" | "retry">,
  operation: string,
  lookup: Statement,
  patience: Patience | undefined,
): Promise<boolean> {
  const all = retrySettings(retry);
  const settings = patience === undefined ? all : { ...all, deadline: Math.min(all.deadline, LAST_WAIT) };
  const backoff = new Backoff(`look-up of operation ${operation}`, settings, clock, random);
  try {
    for (;;) {
      try {
        const rows = await database.lend((connection) => connection.rows(lookup), backoff);
        return rows.length > 0;
      } catch (error) {
        const meaning = errorMeaning(error);
        if (meaning !== "unavailable" && meaning !== "gave-up") throw error;
      }
      await backoff.pause();
    }
  } catch (error) {
    const cause = translated(error, database.address);
    if (!(cause instanceof DistinctionError) || cause.code !== "RETRIES_EXHAUSTED") throw cause;
    const message = `${database.address} did not tell whether operation ${operation} was committed`;
    throw new DistinctionError("DATABASE_UNAVAILABLE", message, { cause });
  }
}
