import type { DataSource } from "typeorm";
import { DistinctionError } from "../../domain/distinction/errors.js";
import type { Connector } from "./connection.js";
import { Database, type DatabaseOptions } from "./database.js";
import { MySqlConnector } from "./mysql-connector.js";
import { checkServer } from "./server-checks.js";
import { SharedSqliteConnector } from "./shared-sqlite-connector.js";

/** A database over a data source that somebody else configured, opened, and will close. */
export function existingDatabase(dataSource: DataSource, options: DatabaseOptions): Database {
  const { type, database } = dataSource.options as { type: string; database?: unknown };
  const address = `${type} ${typeof database === "string" ? database : "data source"}`;
  return new Database(address, () => connectorOver(dataSource), { ...options, checkTables: false });
}

async function connectorOver(dataSource: DataSource): Promise<Connector> {
  if (!dataSource.isInitialized) {
    throw new DistinctionError("DATABASE_UNAVAILABLE", "the data source is not initialised, or was destroyed");
  }
  const connector =
    dataSource.options.type === "better-sqlite3"
      ? new SharedSqliteConnector(dataSource)
      : await MySqlConnector.over(dataSource, { isForeign: true });
  // Every statement that is counted changes the version: matched and changed rows are the same, and need no test table.
  await connector.withConnection((connection) => checkServer(connection, connector.dialect, { affectedRows: false }));
  return connector;
}
