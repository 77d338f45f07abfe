import { setImmediate } from "node:timers/promises";
import type { Database as SqliteFile, Statement as Prepared } from "better-sqlite3";
import type { DataSource } from "typeorm";
import type { Connection, Connector } from "./connection.js";
import { tellOwner } from "./owners-logger.js";
import { plainParameters, type PlainParameter } from "./parameter.js";
import { marked } from "./server-error.js";
import type { Row, Session, Statement } from "./session.js";
import { sqliteDialect } from "./sqlite-dialect.js";
import { turnsOnFile } from "./sqlite-turns.js";

/** Milliseconds of synchronous queries after which the event loop gets its turn. */
const LONGEST_STRETCH = 10;

/**
 * The one connection that TypeORM keeps to an SQLite file. Pieces of work take turns on it, since a statement sent in
 * between would become part of another's transaction.
 */
export class SqliteConnector implements Connector {
  readonly dialect = sqliteDialect;
  readonly exclusive;
  #yieldedAt = 0;

  constructor(protected readonly dataSource: DataSource) {
    this.exclusive = turnsOnFile(dataSource);
  }

  withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.withConnection(work);
  }

  withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.exclusive.run(async () => {
      await this.#yield();
      return work(sqliteConnectionOf(this.dataSource));
    });
  }

  /** A loop of queries never leaves the microtask queue, and would keep timers, signals and sockets waiting for ever. */
  async #yield(): Promise<void> {
    if (performance.now() - this.#yieldedAt < LONGEST_STRETCH) return;
    await setImmediate();
    this.#yieldedAt = performance.now();
  }

  close(): Promise<void> {
    return this.exclusive.run(() => this.dataSource.destroy());
  }
}

const connections = new WeakMap<SqliteFile, SqliteConnection>();

/** A data source that is destroyed and initialised again opens its file again. */
export function sqliteConnectionOf(dataSource: DataSource): SqliteConnection {
  const { databaseConnection: file } = dataSource.driver as unknown as { databaseConnection: SqliteFile };
  let connection = connections.get(file);
  if (connection === undefined) connections.set(file, (connection = new SqliteConnection(dataSource, file)));
  return connection;
}

/** Statements that a connection keeps prepared; further ones are prepared each time. */
const MOST_PREPARED = 1_000;

/** better-sqlite3 is synchronous; the promises are the port's, and callers must not depend on when they settle. */
export class SqliteConnection implements Connection {
  /** IMMEDIATE takes the write lock at once: a transaction that read first could not get it later (SQLITE_BUSY). */
  readonly frame = { begin: "BEGIN IMMEDIATE", commit: "COMMIT", rollback: "ROLLBACK" };
  readonly #prepared = new Map<string, Prepared>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly file: SqliteFile,
  ) {}

  get inTransaction(): boolean {
    return this.file.inTransaction;
  }

  async rows(statement: Statement): Promise<readonly Row[]> {
    return this.#send(
      statement,
      (prepared, values) =>
        prepared
          .raw(true)
          .safeIntegers(true)
          .all(...values) as Row[],
    );
  }

  async run(statement: Statement): Promise<number> {
    return this.#send(statement, (prepared, values) => prepared.run(...values).changes);
  }

  async begin(): Promise<void> {
    this.#exec(this.frame.begin);
  }

  async commit(): Promise<void> {
    this.#exec(this.frame.commit);
  }

  async rollback(): Promise<void> {
    if (this.file.inTransaction) this.#exec(this.frame.rollback);
  }

  #exec(sql: string): void {
    const answered = tellOwner(this.dataSource, { sql, parameters: [] });
    try {
      this.file.exec(sql);
      answered();
    } catch (error) {
      answered(error);
      throw marked(error);
    }
  }

  #send<T>(statement: Statement, send: (prepared: Prepared, values: readonly PlainParameter[]) => T): T {
    const answered = tellOwner(this.dataSource, statement);
    try {
      const result = send(this.#statement(statement), plainParameters(statement.parameters));
      answered();
      return result;
    } catch (error) {
      answered(error);
      throw marked(error);
    }
  }

  #statement({ sql, varying }: Statement): Prepared {
    if (varying === true) return this.file.prepare(sql);
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const prepared = this.file.prepare(sql);
    if (this.#prepared.size < MOST_PREPARED) this.#prepared.set(sql, prepared);
    return prepared;
  }
}
