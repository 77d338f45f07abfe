import { setTimeout } from "node:timers/promises";
import type { Database as SqliteFile } from "better-sqlite3";
import type { DataSource } from "typeorm";
import { DistinctionError } from "../../domain/distinction/errors.js";
import type { Connection } from "./connection.js";
import { SqliteConnector } from "./sqlite-connector.js";

/** Milliseconds to wait for a transaction that TypeORM has open on the connection. */
const LONGEST_WAIT = 5000;

/**
 * The connection of a data source whose owner uses it too. Statements sent while a transaction of theirs is open would
 * become part of it, and go with it if it is rolled back: so ours wait for its end.
 */
export class SharedSqliteConnector extends SqliteConnector {
  readonly #file: SqliteFile;

  constructor(dataSource: DataSource) {
    super(dataSource);
    this.#file = (dataSource.driver as unknown as { databaseConnection: SqliteFile }).databaseConnection;
  }

  override withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return super.withConnection(async (connection) => {
      await this.#idle();
      return work(connection);
    });
  }

  async #idle(): Promise<void> {
    const deadline = performance.now() + LONGEST_WAIT;
    while (this.#file.inTransaction) {
      if (performance.now() > deadline) {
        const message =
          `a transaction of the data source has been open for ${LONGEST_WAIT} ms on SQLite's one connection: ` +
          `records cannot be used inside it`;
        throw new DistinctionError("DATABASE_UNAVAILABLE", message);
      }
      await setTimeout(1);
    }
  }
}
