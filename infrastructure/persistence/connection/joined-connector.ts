import type { QueryRunner } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Patience } from "../../../domain/distinction/save/patience.js";
import type { Connection, Connector } from "./connection.js";
import type { Dialect } from "./dialect.js";
import { checkExistingServer } from "./existing-database.js";
import type { JoinedRunner } from "./joined-runner.js";
import { type MySqlServer, mysqlServerOf } from "./mysql-server.js";
import { MySqlSession } from "./mysql-session.js";
import { SAVEPOINT_NAME } from "./savepoints.js";
import { errorMeaning, isLockTimeout, isMissingSavepoint, translated } from "./server-error.js";
import type { Row, Session, Statement } from "./session.js";
import { ShortLockWaits } from "./short-lock-waits.js";
import { sqliteConnectionOf } from "./sqlite-connector.js";
import { sqliteDialect } from "./sqlite-dialect.js";

/** One for each transaction, however often it is joined: a transaction that is lost is lost to all. */
const connectors = new WeakMap<JoinedRunner, Promise<JoinedConnector>>();

/** Servers of data sources that were checked from inside a transaction. */
const checked = new WeakMap<QueryRunner["dataSource"], MySqlServer>();

/**
 * The one connection of a transaction that somebody else began with TypeORM, and will end. Nothing on it is run again:
 * what the server gave up on is the whole transaction, of which we know only our part.
 */
export class JoinedConnector implements Connector {
  private constructor(
    readonly dialect: Dialect,
    private readonly joined: JoinedRunner,
    private readonly connection: JoinedConnection,
    /** For hurried callers, where a statement that waited for too long leaves the transaction as it was. */
    private readonly shortWaits?: () => ShortLockWaits,
  ) {}

  static over(joined: JoinedRunner): Promise<JoinedConnector> {
    let connector = connectors.get(joined);
    if (connector === undefined) {
      connectors.set(joined, (connector = JoinedConnector.#opened(joined)));
      connector.catch(() => connectors.delete(joined)); // the next use tries again
    }
    return connector;
  }

  /** Asks on the transaction's own connection: the pool may have no other. */
  static async #opened(joined: JoinedRunner): Promise<JoinedConnector> {
    await joined.checkOpen();
    const { runner } = joined;
    const { dataSource } = runner;
    if (dataSource.options.type === "better-sqlite3") {
      return new JoinedConnector(sqliteDialect, joined, new JoinedConnection(joined, sqliteConnectionOf(dataSource)));
    }
    const raw = (await runner.connect()) as ConstructorParameters<typeof MySqlSession>[1];
    const known = checked.get(dataSource);
    const server = known ?? (await mysqlServerOf(new MySqlSession(dataSource, raw, true, Infinity, runner)));
    const session = new MySqlSession(dataSource, raw, true, server.largest, runner);
    if (known === undefined) {
      await checkExistingServer(session, server.dialect);
      checked.set(dataSource, server);
    }
    const waits = server.rollsBackOnTimeout ? undefined : () => new ShortLockWaits(raw, session);
    return new JoinedConnector(server.dialect, joined, new JoinedConnection(joined, session), waits);
  }

  withSession<T>(work: (session: Session) => Promise<T>, patience?: Patience): Promise<T> {
    return this.withConnection(work, patience);
  }

  withConnection<T>(work: (connection: Connection) => Promise<T>, patience?: Patience): Promise<T> {
    return this.joined.piece(() => {
      const waits = patience?.hasEnd === true ? this.shortWaits?.() : undefined;
      if (waits === undefined) return work(this.connection);
      return waits.restored(async () => {
        await waits.begin();
        return this.connection.hurried(patience!, () => work(this.connection));
      });
    });
  }

  /** The connection belongs to who began the transaction. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

const SAVEPOINT = {
  begin: `SAVEPOINT ${SAVEPOINT_NAME}`,
  commit: `RELEASE SAVEPOINT ${SAVEPOINT_NAME}`,
  rollback: `ROLLBACK TO SAVEPOINT ${SAVEPOINT_NAME}`,
};

/** Pieces that are to be stored all or none end at a savepoint: their caller may catch an error, and commit the rest. */
class JoinedConnection implements Connection {
  readonly frame = SAVEPOINT;
  #lost: DistinctionError | undefined;
  /** Of the caller whose piece has its turn. */
  #patience: Patience | undefined;

  constructor(
    private readonly joined: JoinedRunner,
    private readonly session: Session,
  ) {}

  /** Runs a piece whose statements wait for locks a short time only: each is sent again for as long as its caller waits. */
  async hurried<T>(patience: Patience, work: () => Promise<T>): Promise<T> {
    this.#patience = patience;
    try {
      return await work();
    } finally {
      this.#patience = undefined;
    }
  }

  rows(statement: Statement): Promise<readonly Row[]> {
    return this.#sent(() => this.session.rows(statement));
  }

  run(statement: Statement): Promise<number> {
    return this.#sent(() => this.session.run(statement));
  }

  async begin(): Promise<void> {
    await this.run(unprepared(SAVEPOINT.begin));
  }

  async commit(): Promise<void> {
    await this.run(unprepared(SAVEPOINT.commit));
  }

  /** Even after a loss: a lock timeout leaves the transaction open, and half of the piece in it. */
  async rollback(): Promise<void> {
    this.joined.requireOpen();
    try {
      await this.session.run(unprepared(SAVEPOINT.rollback));
    } catch (error) {
      this.#lost ??= this.#loss(error);
      throw error;
    }
  }

  /** After a loss nothing more is sent: each statement would be a transaction of its own. */
  async #sent<T>(send: () => Promise<T>): Promise<T> {
    if (this.#lost !== undefined) throw this.#lost;
    this.joined.requireOpen();
    try {
      return await send();
    } catch (error) {
      if (this.#patience !== undefined && isLockTimeout(error)) {
        this.#patience.check();
        return this.#sent(send);
      }
      this.#lost = this.#loss(error);
      throw this.#lost ?? error;
    }
  }

  /** What an error of a statement of ours says of the whole transaction. */
  #loss(error: unknown): DistinctionError | undefined {
    const why = this.#whyLost(error);
    if (why === undefined) return undefined;
    const { cause } = translated(error, "the data source") as Error;
    return new DistinctionError("TRANSACTION_LOST", `the transaction that was joined is lost: ${why}`, { cause });
  }

  #whyLost(error: unknown): string | undefined {
    const meaning = errorMeaning(error);
    if (meaning === "unavailable") return "its connection broke";
    if (meaning === "gave-up" || this.joined.seesEnd) return "the database gave up on it";
    return isMissingSavepoint(error, SAVEPOINT_NAME) ? "it was ended past its query runner" : undefined;
  }
}

/** MySQL's protocol for prepared statements refuses these. */
function unprepared(sql: string): Statement {
  return { sql, parameters: [], varying: true };
}
