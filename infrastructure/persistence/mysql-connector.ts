import type { PoolConnection, TypeCastField, TypeCastNext } from "mysql2";
import type { DataSource, QueryRunner } from "typeorm";
import type { Connection, Connector } from "./connection.js";
import type { Dialect } from "./dialect.js";
import { mariadbDialect, mysqlDialect } from "./mysql-dialect.js";
import type { Parameter, Row, Statement } from "./session.js";

/**
 * For data sources that others configured: whatever they set, values come as our codecs expect them. The driver has no
 * setting per query for JSON and decimals.
 */
const OWN_DECODING = {
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: false, // as text only beyond the safe integers: making text of each is slow
  typeCast: (field: TypeCastField, next: TypeCastNext): unknown =>
    field.type === "JSON" || field.type === "NEWDECIMAL" ? field.string("utf8") : next(),
} as const;

/** Seconds that a statement waits for a row lock before `Database` tries again: a deadline must not wait for long. */
const LOCK_WAIT_TIMEOUT = 2;

/**
 * Connections of a TypeORM data source to MySQL or MariaDB. Statements go through mysql2's prepared statements on the
 * raw connection; transactions and logging stay TypeORM's.
 */
export class MySqlConnector implements Connector {
  /** Raw connections whose session settings are ours. */
  readonly #settled = new WeakSet<PoolConnection>();

  private constructor(
    private readonly dataSource: DataSource,
    readonly dialect: Dialect,
    private readonly isForeign: boolean,
  ) {}

  /** The scheme of a URL does not tell the server's kind: `mysql://` reaches MariaDB as well. */
  static async over(dataSource: DataSource, { isForeign } = { isForeign: false }): Promise<MySqlConnector> {
    const [row] = await dataSource.query<{ version: string }[]>("SELECT VERSION() AS version");
    const dialect = /mariadb/i.test(row?.version ?? "") ? mariadbDialect : mysqlDialect;
    return new MySqlConnector(dataSource, dialect, isForeign);
  }

  async withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const raw = (await runner.connect()) as PoolConnection;
      if (!this.isForeign && !this.#settled.has(raw)) await this.#settle(runner, raw);
      return await work(new MySqlConnection(runner, raw, this.isForeign));
    } finally {
      await runner.release();
    }
  }

  /** Whatever the server's defaults are: our connections commit each statement, and read and wait as we count on. */
  async #settle(runner: QueryRunner, raw: PoolConnection): Promise<void> {
    await runner.query(`SET SESSION autocommit = 1, innodb_lock_wait_timeout = ${LOCK_WAIT_TIMEOUT}`);
    await runner.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    this.#settled.add(raw);
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }
}

class MySqlConnection implements Connection {
  constructor(
    private readonly runner: QueryRunner,
    private readonly raw: PoolConnection,
    private readonly isForeign: boolean,
  ) {}

  rows(statement: Statement): Promise<readonly Row[]> {
    return this.#send(statement) as Promise<readonly Row[]>;
  }

  async run(statement: Statement): Promise<number> {
    const { affectedRows } = (await this.#send(statement)) as { affectedRows: number };
    return affectedRows;
  }

  begin(): Promise<void> {
    return this.runner.startTransaction();
  }

  commit(): Promise<void> {
    return this.runner.commitTransaction();
  }

  rollback(): Promise<void> {
    return this.runner.rollbackTransaction();
  }

  #send({ sql, parameters, varying }: Statement): Promise<unknown> {
    this.runner.dataSource.logger.logQuery(sql, parameters as Parameter[], this.runner);
    return new Promise((resolve, reject) => {
      const values = parameters as (string | number | Buffer | null)[];
      const options = { sql, values, rowsAsArray: true, ...(this.isForeign ? OWN_DECODING : {}) };
      this.raw[varying === true ? "query" : "execute"](options, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
  }
}
