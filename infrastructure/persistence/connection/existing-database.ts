import type { DataSource } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Connector } from "./connection.js";
import { Database, type DatabaseOptions } from "./database.js";
import type { Dialect } from "./dialect.js";
import { refuseDirtyDefault, watchLevels } from "./isolation.js";
import { MySqlConnector } from "./mysql-connector.js";
import { checkServer } from "./server-checks.js";
import type { Session } from "./session.js";
import { SharedSqliteConnector } from "./shared-sqlite-connector.js";

/** One for each data source, released with it: its users take turns where they have to, and its server is checked once. */
const connectors = new WeakMap<DataSource, Promise<Connector>>();

/** What TypeORM calls the databases that the statements are written for. */
const SUPPORTED = ["mysql", "mariadb", "better-sqlite3"];

/** @throws DistinctionError `UNSUPPORTED_SERVER`, whether it is initialised or not */
export function requireSupported({ options: { type } }: DataSource): void {
  if (SUPPORTED.includes(type)) return;
  const message = `a data source of type ${SUPPORTED.join(", ")} is needed, got one of type ${type}`;
  throw new DistinctionError("UNSUPPORTED_SERVER", message);
}

/**
 * A database over a data source that somebody else configured, opened, and will close. Whatever `options` say, all
 * databases over one data source are one database.
 */
export function existingDatabase(dataSource: DataSource, options: DatabaseOptions): Database {
  requireSupported(dataSource);
  const { type, database } = dataSource.options as { type: string; database?: unknown };
  watchLevels(dataSource);
  const address = `${type} ${typeof database === "string" ? database : "data source"}`;
  const settings = { ...options, checkTables: true };
  return new Database(address, () => connectorOf(dataSource), settings, { identity: dataSource });
}

/** Refuses a server on which the guarantees would not hold, whoever configured the connection. */
export function checkExistingServer(session: Session, dialect: Dialect): Promise<void> {
  // Every statement that is counted changes the version: matched and changed rows are the same, and need no test table.
  return checkServer(session, dialect, { affectedRows: false });
}

function connectorOf(dataSource: DataSource): Promise<Connector> {
  let connector = connectors.get(dataSource);
  if (connector === undefined) {
    connectors.set(dataSource, (connector = connectorOver(dataSource)));
    connector.catch(() => connectors.delete(dataSource)); // the next use tries again
  }
  return connector;
}

async function connectorOver(dataSource: DataSource): Promise<Connector> {
  requireInitialized(dataSource);
  refuseDirtyDefault(dataSource);
  const connector: Connector =
    dataSource.options.type === "better-sqlite3"
      ? new SharedSqliteConnector(dataSource)
      : await MySqlConnector.over(dataSource, checkExistingServer);
  // Whether the owner has destroyed it since is asked every time.
  return {
    dialect: connector.dialect,
    ...(connector.exclusive && { exclusive: connector.exclusive }),
    withSession: async (work, patience) => {
      requireInitialized(dataSource);
      return connector.withSession(work, patience);
    },
    withConnection: async (work, patience) => {
      requireInitialized(dataSource);
      return connector.withConnection(work, patience);
    },
    close: () => Promise.resolve(), // its owner will
  };
}

/** @throws DistinctionError `DATABASE_UNAVAILABLE` */
function requireInitialized({ isInitialized }: DataSource): void {
  if (isInitialized) return;
  throw new DistinctionError("DATABASE_UNAVAILABLE", "the data source is not initialised, or was destroyed");
}
