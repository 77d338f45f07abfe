import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Pool } from "mysql2";
import { DataSource, DriverPackageNotInstalledError, type DataSourceOptions } from "typeorm";
import type { MysqlDriver } from "typeorm/driver/mysql/MysqlDriver.js";
import {
  aFlag,
  aFunction,
  aWholeNumberFrom,
  oneAmong,
  optionFaults,
  requireArguments,
  type Rules,
} from "../../../domain/distinction/arguments.js";
import { anEnvironment } from "../../../domain/distinction/repository-environment.js";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Connector } from "./connection.js";
import { Database, type DatabaseOptions } from "./database.js";
import { describeAddress, parseDatabaseUrl, type DatabaseAddress } from "./database-url.js";
import { migrate } from "./migrate.js";
import { MIGRATIONS } from "../migrations/index.js";
import { MySqlConnector } from "./mysql-connector.js";
import { checkSchema } from "./schema-checks.js";
import { checkServer } from "./server-checks.js";
import { CONNECT_TIMEOUT, SilenceWatch, unlessSilent } from "./silence.js";
import { SqliteConnector } from "./sqlite-connector.js";

export interface OpenOptions extends DatabaseOptions {
  /** Most connections held at a time to a server; 10 by default. */
  readonly poolSize?: number;
  /**
   * Milliseconds that a server may take to answer while it is connected to, and while it is looked at on first use;
   * 10,000 by default. Migrations take as long as they take.
   */
  readonly connectTimeout?: number;
  /**
   * Milliseconds that a transaction on a server may be silent before the server ends it; 10,000 by default. A process that
   * froze in one, or a machine that vanished, holds its locks no longer; a unit of work that does something slow in between
   * fails. Rounded up to whole seconds, at most 2,147,483 of them.
   */
  readonly idleTransactionTimeout?: number;
  /**
   * What to do on first use about the tables that this library brings (images, TUF, history): `migrate` creates them or
   * brings them up to date, `check` fails where they are not, `unmanaged` (default) leaves the database as it is.
   */
  readonly schema?: "migrate" | "check" | "unmanaged" | undefined;
}

/**
 * Milliseconds to wait for another process that is writing to the same SQLite file. Short, since SQLite waits by blocking
 * the whole process: `Database` tries again, and lets others work in between.
 */
const BUSY_TIMEOUT = 100;

const POOL_SIZE = 10;

/** Shorter than `Database` tries again: whoever waits for such a transaction succeeds in the end. */
const IDLE_TRANSACTION_TIMEOUT = 10_000;

/** What `wait_timeout` takes on every platform of MySQL: 2,147,483 seconds. */
const LONGEST_IDLE_TRANSACTION = 2_147_483_000;

const OPEN_OPTIONS: Rules = {
  poolSize: aWholeNumberFrom(1),
  connectTimeout: aWholeNumberFrom(1),
  idleTransactionTimeout: aWholeNumberFrom(1, LONGEST_IDLE_TRANSACTION),
  schema: oneAmong("migrate", "check", "unmanaged"),
  onStatement: aFunction,
  checkTables: aFlag,
};

/** Names that are none of ours belong to somebody: services pass on options that have more. */
function someOpenOptions(options: unknown): string | undefined {
  const fault = anEnvironment(options);
  if (fault !== undefined) return fault;
  const given = Object.entries(options as object).filter(([name]) => Object.hasOwn(OPEN_OPTIONS, name));
  const [odd] = optionFaults(OPEN_OPTIONS, Object.fromEntries(given));
  return odd && `${odd.path}: ${odd.reason}`;
}

/**
 * A database by URL (see `parseDatabaseUrl`). Nothing is opened before the first use.
 *
 * @throws DistinctionError `INVALID_DATABASE_URL`
 */
export function openDatabase(url: string, options: OpenOptions): Database {
  const address = parseDatabaseUrl(url);
  requireArguments("database", { options: [options, someOpenOptions] });
  const open = async (): Promise<Connector> => {
    if (address.kind === "file" && address.path !== ":memory:") await mkdir(dirname(address.path), { recursive: true });
    const dataSource = await initialized(address, options);
    return connectorOver(dataSource, options);
  };
  return new Database(describeAddress(address), open, { checkTables: true, ...options });
}

async function initialized(address: DatabaseAddress, options: OpenOptions): Promise<DataSource> {
  const limit = options.connectTimeout ?? CONNECT_TIMEOUT;
  const watch = new SilenceWatch(limit);
  const dataSource = newDataSource(address, options, watch);
  try {
    await unlessSilent(describeAddress(address), limit, () => dataSource.initialize());
    if (address.kind === "server") keepIdle(dataSource, options);
    return dataSource;
  } catch (error) {
    await endPool(dataSource);
    throw error;
  } finally {
    watch.end();
  }
}

/**
 * mysql2 looks for connections that were idle for too long only where its pool is made to keep fewer than all; such a pool
 * closes the rest at its next look, every second, however lately they were used. Made that way, it may keep all.
 */
function keepIdle({ driver }: DataSource, { poolSize = POOL_SIZE }: OpenOptions): void {
  ((driver as MysqlDriver).pool as Pool).config.maxIdle = poolSize;
}

/** Its constructor looks for the driver's package. */
function newDataSource(address: DatabaseAddress, options: OpenOptions, watch: SilenceWatch): DataSource {
  try {
    return new DataSource(dataSourceOptions(address, options, watch));
  } catch (error) {
    throw error instanceof DriverPackageNotInstalledError ? driverMissing(address) : error;
  }
}

/**
 * TypeORM closes what was initialised alone. Where a connection broke while it asked for the server's version, the pool
 * is there all the same, and would keep the process alive.
 */
async function endPool({ driver }: DataSource): Promise<void> {
  if ((driver as { readonly pool?: unknown }).pool !== undefined) await driver.disconnect().catch(() => undefined);
}

async function connectorOver(
  dataSource: DataSource,
  { schema = "unmanaged", idleTransactionTimeout = IDLE_TRANSACTION_TIMEOUT }: OpenOptions,
): Promise<Connector> {
  try {
    const connector =
      dataSource.options.type === "better-sqlite3"
        ? new SqliteConnector(dataSource)
        : await MySqlConnector.over(dataSource, checkServer, { idleTransactionTimeout });
    if (schema !== "unmanaged") await checkSchema(dataSource, schema === "migrate");
    if (schema === "migrate") await migrate(dataSource, connector.dialect);
    return connector;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

function dataSourceOptions(
  address: DatabaseAddress,
  {
    poolSize = POOL_SIZE,
    connectTimeout = CONNECT_TIMEOUT,
    idleTransactionTimeout = IDLE_TRANSACTION_TIMEOUT,
  }: OpenOptions,
  watch: SilenceWatch,
): DataSourceOptions {
  const common = { migrations: [...MIGRATIONS], migrationsTableName: "distinction_migrations", synchronize: false };
  if (address.kind === "file") {
    return {
      ...common,
      type: "better-sqlite3",
      database: address.path,
      timeout: BUSY_TIMEOUT,
      enableWAL: address.path !== ":memory:",
    };
  }
  return {
    ...common,
    type: address.scheme,
    host: address.host,
    port: address.port,
    username: address.username,
    password: address.password,
    database: address.database,
    charset: "utf8mb4",
    timezone: "Z",
    supportBigNumbers: true,
    bigNumberStrings: false, // as text only beyond the safe integers: making text of each is slow
    dateStrings: ["DATE"], // a day is no point in time
    poolSize,
    connectTimeout,
    extra: {
      stream: () => watch.connected(address),
      jsonStrings: true,
      // Before the server does, which on MySQL cannot tell an idle connection from a silent transaction.
      ...{ idleTimeout: 0.75 * idleTransactionTimeout, gracefulEnd: true },
      maxIdle: poolSize - 1, // until `keepIdle`
    },
  };
}

function driverMissing(address: DatabaseAddress): DistinctionError {
  const name = address.kind === "file" ? "better-sqlite3" : "mysql2";
  return new DistinctionError(
    "DRIVER_MISSING",
    `${describeAddress(address)} needs the package ${name}: npm install ${name}`,
  );
}
