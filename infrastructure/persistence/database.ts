import type { Clock } from "../../domain/distinction/clock.js";
import { DistinctionError } from "../../domain/distinction/errors.js";
import type { Connection, Connector } from "./connection.js";
import type { Dialect } from "./dialect.js";
import type { RecordTable } from "./record-table.js";
import { refuseInsideUnit } from "./open-unit.js";
import { errorMeaning, translated } from "./server-error.js";
import type { Session, Statement } from "./session.js";
import { checkTable } from "./table-checks.js";
import { tableLayout, type TableLayout } from "./table-layout.js";

export interface DatabaseOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Sees every statement before it is sent; BEGIN, COMMIT and ROLLBACK are not reported. */
  readonly onStatement?: (statement: Statement) => void;
  /** Whether to check on first use that a table's keys and version column are safe; see `checkTable`. */
  readonly checkTables?: boolean;
}

/** How often a piece of work is run again when the server gives up on it (deadlock, lock timeout). */
const MOST_RERUNS = 60;

/** Milliseconds after which it is not run again, however often it was. */
const RERUN_FOR = 30_000;

/** Milliseconds of the longest pause between two runs. */
const LONGEST_PAUSE = 500;

/** What stores need of a database: it may be a whole one, or what a unit of work has of it. */
export type DatabaseAccess = Pick<Database, "dialect" | "layout" | "session" | "transaction">;

/**
 * A database to work with, opened on first use. Work that the server gave up on is run again: it was rolled back, so
 * nothing of it remains.
 */
export class Database {
  #connector: Promise<Connector> | undefined;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #layouts = new WeakMap<RecordTable, Promise<TableLayout>>();
  #closed = false;

  /**
   * @param address for messages, without credentials
   * @param open connects; called on first use, and again where the database gives up on it
   */
  constructor(
    readonly address: string,
    private readonly open: () => Promise<Connector>,
    private readonly options: DatabaseOptions,
  ) {}

  /**
   * Connects now rather than on first use.
   *
   * @throws DistinctionError `DATABASE_UNAVAILABLE`, `DRIVER_MISSING`
   */
  async connect(): Promise<void> {
    await this.#connected();
  }

  async dialect(): Promise<Dialect> {
    return (await this.#connected()).dialect;
  }

  /**
   * How the statements on a table are written, checked once.
   *
   * @param session to look through, where the caller holds one already
   * @throws DistinctionError `MISSING_TABLE`, `UNSAFE_VERSION_COLUMN`, `UNSAFE_KEY_COLLATION`
   */
  layout(table: RecordTable, session?: Session): Promise<TableLayout> {
    let layout = this.#layouts.get(table);
    if (layout === undefined) {
      layout = this.#checkedLayout(table, session);
      this.#layouts.set(table, layout);
      layout.catch(() => this.#layouts.delete(table)); // the table may be mended
    }
    return layout;
  }

  /** Runs `work` on one connection, each statement by itself. */
  session<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#run((connection) => work(observed(connection, this.options.onStatement)));
  }

  /** Runs `work` in one transaction: all of it is stored, or nothing. May run it again, so it must be free of effects. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#run(async (connection) => {
      await connection.begin();
      try {
        const result = await work(observed(connection, this.options.onStatement));
        await connection.commit();
        return result;
      } catch (error) {
        // A lock timeout undoes one statement only, so roll back explicitly; a broken connection cannot and need not.
        await connection.rollback().catch(() => undefined);
        throw error;
      }
    });
  }

  /**
   * Lends a connection to `work`, which begins and ends its transactions by itself. Nothing is run again, and errors are
   * the driver's.
   */
  async lend<T>(work: (connection: Connection, exclusive: object | undefined) => Promise<T>): Promise<T> {
    const connector = await this.#connected();
    refuseInsideUnit(this, connector.exclusive);
    const { onStatement } = this.options;
    return this.#watched(
      connector.withConnection((connection) => work(observedConnection(connection, onStatement), connector.exclusive)),
    );
  }

  /** Ends all connections; work that is under way is finished first. Using the database afterwards is an error. */
  async close(): Promise<void> {
    refuseInsideUnit(this, undefined); // it would wait for the unit
    this.#closed = true;
    const connector = await this.#connector?.catch(() => undefined);
    this.#connector = undefined;
    await Promise.allSettled(this.#underWay);
    await connector?.close();
  }

  async #checkedLayout(table: RecordTable, session?: Session): Promise<TableLayout> {
    const dialect = await this.dialect();
    if (this.options.checkTables === true && dialect.name !== "sqlite") {
      const check = (through: Session): Promise<void> => checkTable(through, table);
      await (session === undefined ? this.#run(check) : check(session));
    }
    return tableLayout(table, dialect);
  }

  async #run<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connector = await this.#connected();
    refuseInsideUnit(this, connector.exclusive);
    return this.#watched(this.#rerun(() => connector.withConnection(work)));
  }

  async #watched<T>(result: Promise<T>): Promise<T> {
    this.#underWay.add(result);
    try {
      return await result;
    } finally {
      this.#underWay.delete(result);
    }
  }

  async #rerun<T>(work: () => Promise<T>): Promise<T> {
    const { clock, random } = this.options;
    const startedAt = clock.now();
    for (let reruns = 0; ; reruns++) {
      try {
        return await work();
      } catch (error) {
        const isLast = reruns >= MOST_RERUNS || clock.now() - startedAt > RERUN_FOR;
        if (errorMeaning(error) !== "gave-up" || isLast) throw translated(error, this.address);
      }
      await clock.sleep(random() * Math.min(LONGEST_PAUSE, 2 ** reruns));
    }
  }

  #connected(): Promise<Connector> {
    if (this.#closed) {
      return Promise.reject(new DistinctionError("DATABASE_UNAVAILABLE", `${this.address} was closed`));
    }
    // Opening may have to give way too: of several processes that create an SQLite file, one gets to set its mode.
    this.#connector ??= this.#rerun(this.open).catch((error: unknown) => {
      this.#connector = undefined; // the next use tries again
      throw error;
    });
    return this.#connector;
  }
}

function observed(session: Session, observe: DatabaseOptions["onStatement"]): Session {
  if (observe === undefined) return session;
  return {
    rows: (statement) => (observe(statement), session.rows(statement)),
    run: (statement) => (observe(statement), session.run(statement)),
  };
}

function observedConnection(connection: Connection, observe: DatabaseOptions["onStatement"]): Connection {
  if (observe === undefined) return connection;
  return {
    ...observed(connection, observe),
    begin: () => connection.begin(),
    commit: () => connection.commit(),
    rollback: () => connection.rollback(),
  };
}
