import { DistinctionError } from "../../../domain/distinction/errors.js";
import { Backoff, retrySettings } from "../../../domain/distinction/save/retry.js";
import type { RepositoryEnvironment } from "../../../domain/distinction/repository-environment.js";
import type { Database } from "../connection/database.js";
import { errorMeaning, translated } from "../connection/server-error.js";
import type { Statement } from "../connection/session.js";

/**
 * Whether an operation was committed whose COMMIT was not answered.
 *
 * @param lookup a locking read that finds a row of the operation
 * @throws DistinctionError `DATABASE_UNAVAILABLE` where the database does not answer in time either
 */
export async function wasCommitted(
  database: Database,
  { clock, random, retry }: Pick<RepositoryEnvironment, "clock" | "random" | "retry">,
  operation: string,
  lookup: Statement,
): Promise<boolean> {
  const settings = retrySettings(retry);
  const backoff = new Backoff(`look-up of operation ${operation}`, settings, clock, random);
  for (;;) {
    try {
      const rows = await database.lend((connection) => connection.rows(lookup));
      return rows.length > 0;
    } catch (error) {
      const meaning = errorMeaning(error);
      if (meaning !== "unavailable" && meaning !== "gave-up") throw translated(error, database.address);
      await backoff.pause().catch(() => {
        const message = `${database.address} did not tell whether operation ${operation} was committed`;
        throw new DistinctionError("DATABASE_UNAVAILABLE", message, { cause: translated(error, database.address) });
      });
    }
  }
}
