import type { Socket } from "node:net";
import type { PoolConnection } from "mysql2";
import type { DataSource } from "typeorm";
import type { MysqlDriver } from "typeorm/driver/mysql/MysqlDriver.js";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Patience } from "../../../domain/distinction/save/patience.js";
import type { Connection, Connector } from "./connection.js";
import type { Dialect } from "./dialect.js";
import { HurriedConnection, HurriedSession } from "./hurried-connection.js";
import { HeardConnection, MySqlConnection } from "./mysql-connection.js";
import { mariadbDialect } from "./mysql-dialect.js";
import { mysqlServerOf, serverName } from "./mysql-server.js";
import { LoneSession, MySqlSession } from "./mysql-session.js";
import { HarmlessRunner } from "./owners-subscribers.js";
import { hasLeftNothing, marked } from "./server-error.js";
import type { Session } from "./session.js";
import { LOCK_WAIT_TIMEOUT, LOCK_WAITS, ShortLockWaits } from "./short-lock-waits.js";
import { CONNECT_TIMEOUT, hangUp, hangUpOnSilence, unlessSilent } from "./silence.js";

/** What connections that are ours are given. */
export interface OwnSettings {
  /** Milliseconds that a transaction may be silent before the server ends it; see `OpenOptions`. */
  readonly idleTransactionTimeout: number;
}

/**
 * Connections of a TypeORM data source to MySQL or MariaDB. Statements go through mysql2's prepared statements on the
 * raw connection; its logger is told of all, its subscribers of transactions.
 */
export class MySqlConnector implements Connector {
  /** Raw connections whose session settings are ours. */
  readonly #ours = new WeakSet<PoolConnection>();

  private constructor(
    private readonly dataSource: DataSource,
    readonly dialect: Dialect,
    private readonly own: OwnSettings | undefined,
    /** Bytes of the largest statement that the server takes. */
    private readonly largest: number,
  ) {}

  /**
   * Looks at the server, for no longer than the data source's `connectTimeout` between two answers. The scheme of a URL does
   * not tell the server's kind: `mysql://` reaches MariaDB as well.
   *
   * @param check refuses a server on which the guarantees would not hold
   * @param own nothing for a data source that somebody else configured
   * @throws DistinctionError `DATABASE_UNAVAILABLE`, and what `check` throws
   */
  static async over(
    dataSource: DataSource,
    check: (session: Session, dialect: Dialect) => Promise<void>,
    own?: OwnSettings,
  ): Promise<MySqlConnector> {
    const driver = dataSource.driver as MysqlDriver;
    const { connectTimeout: limit = CONNECT_TIMEOUT } = driver.options;
    return unlessSilent(serverName(driver.options), limit, async () => {
      const raw = await obtained(() => driver.obtainMasterConnection());
      const heard = hangUpOnSilence(socketOf(raw), limit);
      try {
        const { dialect, largest } = await mysqlServerOf(new MySqlSession(dataSource, raw, true, Infinity));
        const connector = new MySqlConnector(dataSource, dialect, own, largest);
        if (own !== undefined) await connector.#settle(raw, own, undefined);
        await check(connector.#settings(raw, own === undefined, undefined), dialect);
        return connector;
      } finally {
        heard();
        raw.release();
      }
    });
  }

  async withSession<T>(work: (session: Session) => Promise<T>, patience?: Patience): Promise<T> {
    const raw = await this.#raw();
    const session = new LoneSession(this.dataSource, raw, this.own === undefined, this.largest);
    try {
      if (this.own !== undefined && !this.#ours.has(raw)) await this.#settle(raw, this.own, patience);
      if (patience === undefined) return await work(session);
      const hurried = new HurriedSession(session, patience, () => hangUp(socketOf(raw)));
      if (this.own !== undefined) return await work(hurried);
      const waits = this.#shortWaits(raw, patience);
      return await waits.restored(() => work(waits.session(hurried)));
    } catch (error) {
      if (session.isUntouched(error)) hasLeftNothing(error);
      throw error;
    } finally {
      raw.release();
    }
  }

  async withConnection<T>(work: (connection: Connection) => Promise<T>, patience?: Patience): Promise<T> {
    const connection = await this.#connection();
    const { pooled: raw } = connection;
    try {
      if (this.own !== undefined && !this.#ours.has(raw)) await this.#settle(raw, this.own, patience);
      if (patience === undefined) return await work(connection);
      const hurried = new HurriedConnection(connection, patience, () => hangUp(socketOf(raw)));
      if (this.own !== undefined) return await work(hurried);
      const waits = this.#shortWaits(raw, patience);
      return await waits.restored(async () => {
        await waits.begin();
        return work(hurried);
      });
    } catch (error) {
      if (connection.isUntouched(error)) hasLeftNothing(error);
      throw error;
    } finally {
      await connection.release();
    }
  }

  /** A query runner brings an entity manager and more, a tenth of a millisecond: only where it makes a difference. */
  async #connection(): Promise<MySqlConnection> {
    const { dataSource, largest } = this;
    const isForeign = this.own === undefined;
    if (dataSource.subscribers.length === 0 && dataSource.options.isolationLevel === undefined) {
      return new MySqlConnection(dataSource, await this.#raw(), isForeign, largest);
    }
    const harmless = new HarmlessRunner(dataSource);
    const raw = await obtained(() => harmless.runner.connect());
    return new HeardConnection(harmless, raw, isForeign, largest);
  }

  #raw(): Promise<PoolConnection> {
    const driver = this.dataSource.driver as MysqlDriver;
    return obtained(() => driver.obtainMasterConnection());
  }

  #shortWaits(raw: PoolConnection, patience: Patience): ShortLockWaits {
    return new ShortLockWaits(raw, this.#settings(raw, true, patience));
  }

  /** What settings of the connection go through: they are no writes of the work on it. */
  #settings(raw: PoolConnection, isForeign: boolean, patience: Patience | undefined): Session {
    const session = new MySqlSession(this.dataSource, raw, isForeign, this.largest);
    return patience === undefined ? session : new HurriedSession(session, patience, () => hangUp(socketOf(raw)));
  }

  /** Whatever the server's defaults are: our connections commit each statement, and read and wait as we count on. */
  async #settle(raw: PoolConnection, own: OwnSettings, patience: Patience | undefined): Promise<void> {
    const session = this.#settings(raw, false, patience);
    // MySQL knows none for transactions alone; connections that are merely idle, the pool closes before.
    const silence = this.dialect === mariadbDialect ? "idle_transaction_timeout" : "wait_timeout";
    const settings = [
      "autocommit = 1",
      ...LOCK_WAITS.map((name) => `${name} = ${LOCK_WAIT_TIMEOUT}`),
      `${silence} = ${Math.ceil(own.idleTransactionTimeout / 1000)}`,
    ];
    await session.run({ sql: `SET SESSION ${settings.join(", ")}`, parameters: [], varying: true });
    const sql = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    await session.run({ sql, parameters: [], varying: true });
    this.#ours.add(raw);
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }
}

/** What a pool refuses for itself has neither a code nor a number: it was closed amid, or has no room for more to wait. */
async function obtained(connection: () => Promise<unknown>): Promise<PoolConnection> {
  try {
    return (await connection()) as PoolConnection;
  } catch (error) {
    if (!(error instanceof Error) || "code" in error || "errno" in error) throw marked(error);
    throw new DistinctionError("DATABASE_UNAVAILABLE", `the data source gave no connection: ${error.message}`);
  }
}

function socketOf(raw: PoolConnection): Socket {
  return (raw as unknown as { readonly stream: Socket }).stream;
}
