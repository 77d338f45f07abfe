import type { Socket } from "node:net";
import type { PoolConnection, TypeCastField, TypeCastNext } from "mysql2";
import type { DataSource, QueryRunner } from "typeorm";
import type { MysqlDriver } from "typeorm/driver/mysql/MysqlDriver.js";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Patience } from "../../../domain/distinction/save/patience.js";
import type { Connection, Connector } from "./connection.js";
import type { Dialect } from "./dialect.js";
import { HurriedConnection, HurriedSession } from "./hurried-connection.js";
import { mariadbDialect, mysqlDialect } from "./mysql-dialect.js";
import { tellOwner } from "./owners-logger.js";
import { HarmlessRunner } from "./owners-subscribers.js";
import { plainParameters } from "./parameter.js";
import {
  errorMeaning,
  hasLeftNothing,
  isUnbindable,
  isUnpreparable,
  LeftOpenError,
  marked,
  marking,
  RefusedStatementError,
  wasNotSent,
} from "./server-error.js";
import { IN_TRANSACTION } from "./server-status.js";
import type { Row, Session, Statement } from "./session.js";
import { LOCK_WAIT_TIMEOUT, LOCK_WAITS, ShortLockWaits } from "./short-lock-waits.js";
import { CONNECT_TIMEOUT, hangUp, hangUpOnSilence, unlessSilent } from "./silence.js";

/**
 * For data sources that others configured: whatever they set, values come as our codecs expect them. The driver has no
 * setting per query for JSON and decimals.
 */
const OWN_DECODING = {
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: false, // as text only beyond the safe integers: making text of each is slow
  typeCast: (field: TypeCastField, next: TypeCastNext): unknown =>
    isJson(field) || field.type === "NEWDECIMAL" ? field.string("utf8") : next(),
} as const;

/** MariaDB's JSON is a text column: only the format that it sends along tells. */
function isJson({ type, extendedFormat }: TypeCastField): boolean {
  return type === "JSON" || extendedFormat === "json";
}

export interface MySqlServer {
  readonly dialect: Dialect;
  /** Bytes of the largest statement that it takes. */
  readonly largest: number;
  /** Whether a lock timeout ends the whole transaction, rather than undoing its statement. */
  readonly rollsBackOnTimeout: boolean;
}

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

/** Host and port of a data source's server, for messages: without user and password. */
function serverName({ replication, ...single }: MysqlDriver["options"]): string {
  const { url, socketPath, host, port = 3306 } = replication?.master ?? single;
  if (socketPath !== undefined) return `the server at ${socketPath}`;
  const named = url !== undefined && URL.canParse(url) ? new URL(url) : { hostname: host, port: String(port) };
  return `the server at ${named.hostname || "localhost"}:${named.port || 3306}`;
}

function socketOf(raw: PoolConnection): Socket {
  return (raw as unknown as { readonly stream: Socket }).stream;
}

/** What a connection reaches. */
export async function mysqlServerOf(session: Session): Promise<MySqlServer> {
  const sql = "SELECT VERSION(), @@SESSION.max_allowed_packet, @@innodb_rollback_on_timeout";
  const [[version, largest, isGone] = []] = await session.rows({ sql, parameters: [], varying: true });
  return {
    dialect: /mariadb/i.test(String(version)) ? mariadbDialect : mysqlDialect,
    largest: Number(largest),
    rollsBackOnTimeout: Number(isGone) !== 0,
  };
}

/** The driver's answer to a statement without rows. */
interface ResultSetHeader {
  readonly affectedRows: number;
  readonly serverStatus: number;
}

/** Statements through the driver's own connection; TypeORM's logger sees them. */
export class MySqlSession implements Session {
  constructor(
    private readonly dataSource: DataSource,
    protected readonly raw: PoolConnection,
    private readonly isForeign: boolean,
    private readonly largest: number,
    private readonly runner?: QueryRunner,
  ) {}

  /** Statements that may have changed what is stored. */
  #writes = 0;

  /** Whether `error` ended this session before it changed anything. */
  isUntouched(error: unknown): boolean {
    return this.#writes === 0 || (this.#writes === 1 && wasNotSent(error));
  }

  async rows(statement: Statement): Promise<readonly Row[]> {
    const { columns } = statement;
    if (columns === undefined || this.isForeign) {
      const reading = { rowsAsArray: true, ...(this.isForeign ? OWN_DECODING : {}) };
      return (await this.send(statement, reading)) as readonly Row[];
    }
    const named = (await this.send(statement)) as readonly Record<string, unknown>[];
    return named.map((row) => columns.map((column) => row[column]));
  }

  async run(statement: Statement): Promise<number> {
    this.#writes++;
    const { affectedRows, serverStatus } = (await this.send(statement)) as ResultSetHeader;
    this.requireKept(serverStatus);
    return affectedRows;
  }

  /** @param _status what the server told along with its answer to a write */
  protected requireKept(_status: number): void {
    // Within a transaction its COMMIT decides.
  }

  /** @param reading options of the driver; it copies them one by one, which costs more than all else that we do here */
  protected send(statement: Statement, reading?: object): Promise<unknown> {
    const { sql, parameters, varying } = statement;
    const answered = tellOwner(this.dataSource, statement, this.runner);
    return new Promise((resolve, reject) => {
      const values = plainParameters(parameters) as (string | number | Buffer | null)[];
      const answer = (error: Error | null, result: unknown): void => {
        answered(error ?? undefined);
        // Nothing was done. The same as one text is refused by the column's name, or not at all.
        if (error && varying !== true && (isUnbindable(error) || isUnpreparable(error)))
          resolve(this.send({ ...statement, varying: true }, reading));
        else if (error) reject(this.#refused(marked(error), sql, values));
        else resolve(result);
      };
      if (reading !== undefined) this.raw[varying === true ? "query" : "execute"]({ sql, values, ...reading }, answer);
      else if (varying === true) this.raw.query(sql, values, answer);
      else this.raw.execute(sql, values, answer);
    });
  }

  /** A server that is sent more than it takes hangs up: sometimes with a word, sometimes without. */
  #refused(error: Error, sql: string, values: readonly unknown[]): Error {
    const isPacket = errorMeaning(error) === "too-large";
    if (!isPacket && errorMeaning(error) !== "unavailable") return error;
    const size = values.reduce<number>((sum, value) => sum + Buffer.byteLength(String(value)), Buffer.byteLength(sql));
    if (!isPacket && size <= this.largest) return error;
    this.raw.destroy();
    const message = `a statement of ${size} bytes is larger than the server takes (max_allowed_packet is ${this.largest}); nothing was written`;
    return new RefusedStatementError("STATEMENT_TOO_LARGE", message, undefined);
  }
}

/** Each of its statements is a transaction of its own. */
class LoneSession extends MySqlSession {
  /**
   * Not so on a connection that somebody left a transaction open on, e.g. a query runner that was released after an error,
   * without its ROLLBACK: the write would be undone with that. It is at once, with the connection.
   */
  protected override requireKept(status: number): void {
    if ((status & IN_TRANSACTION) === 0) return;
    this.raw.destroy();
    throw new LeftOpenError();
  }
}

/** A transaction of which nobody but the data source's logger is told. */
class MySqlConnection extends MySqlSession implements Connection {
  readonly frame = { begin: "START TRANSACTION", commit: "COMMIT", rollback: "ROLLBACK" };
  #hasBegun = false;
  /** Whether there may be a transaction that the server has not confirmed the end of. */
  #isOpen = false;

  constructor(
    dataSource: DataSource,
    readonly pooled: PoolConnection,
    isForeign: boolean,
    largest: number,
    runner?: QueryRunner,
  ) {
    super(dataSource, pooled, isForeign, largest, runner);
  }

  async begin(): Promise<void> {
    this.#isOpen = true;
    await this.start();
    this.#hasBegun = true;
  }

  override isUntouched(error: unknown): boolean {
    return !this.#hasBegun && super.isUntouched(error);
  }

  async commit(): Promise<void> {
    await this.keep();
    this.#isOpen = false;
  }

  /** What the server has not confirmed may be open still: nobody else is to get it with the connection. */
  async rollback(): Promise<void> {
    try {
      await this.undo();
      this.#isOpen = false;
    } finally {
      if (this.#isOpen) this.pooled.destroy();
    }
  }

  release(): Promise<void> {
    this.pooled.release();
    return Promise.resolve();
  }

  protected async start(): Promise<void> {
    await this.send({ sql: this.frame.begin, parameters: [], varying: true });
  }

  protected async keep(): Promise<void> {
    await this.send({ sql: this.frame.commit, parameters: [], varying: true });
  }

  protected async undo(): Promise<void> {
    await this.send({ sql: this.frame.rollback, parameters: [], varying: true });
  }
}

/** One that TypeORM frames, for the sake of what the data source says of transactions, and of whoever subscribes to them. */
class HeardConnection extends MySqlConnection {
  constructor(
    private readonly harmless: HarmlessRunner,
    raw: PoolConnection,
    isForeign: boolean,
    largest: number,
  ) {
    super(harmless.runner.dataSource, raw, isForeign, largest, harmless.runner);
  }

  override async release(): Promise<void> {
    await this.harmless.runner.release();
  }

  protected override async start(): Promise<void> {
    await marking(() => this.harmless.runner.startTransaction());
    this.harmless.requireTransaction();
  }

  protected override keep(): Promise<void> {
    return marking(() => this.harmless.runner.commitTransaction());
  }

  protected override undo(): Promise<void> {
    return marking(() => this.harmless.runner.rollbackTransaction());
  }
}
