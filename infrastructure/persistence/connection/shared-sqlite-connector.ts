import { setTimeout } from "node:timers/promises";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Connection } from "./connection.js";
import { SqliteConnector, sqliteConnectionOf, type SqliteConnection } from "./sqlite-connector.js";

/** Milliseconds to wait for a transaction that TypeORM has open on the connection. */
const LONGEST_WAIT = 5000;

/**
 * The connection of a data source whose owner uses it too. Statements sent while a transaction of theirs is open would
 * become part of it, and go with it if it is rolled back: so ours wait for its end.
 */
export class SharedSqliteConnector extends SqliteConnector {
  override withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return super.withConnection(async (connection) => {
      await idle(sqliteConnectionOf(this.dataSource));
      return work(connection);
    });
  }
}

async function idle(connection: SqliteConnection): Promise<void> {
  const deadline = performance.now() + LONGEST_WAIT;
  while (connection.inTransaction) {
    if (performance.now() > deadline) {
      const message =
        `a transaction of the data source has been open for ${LONGEST_WAIT} ms on SQLite's one connection: ` +
        `records are used inside it through \`joinTransaction\``;
      throw new DistinctionError("DATABASE_UNAVAILABLE", message);
    }
    await setTimeout(1);
  }
}
