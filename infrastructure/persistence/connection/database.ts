import { aFunction, having, requireArguments } from "../../../domain/distinction/arguments.js";
import type { Clock } from "../../../domain/distinction/clock.js";
import { anEnvironment } from "../../../domain/distinction/repository-environment.js";
import { DistinctionError, InvalidValueError } from "../../../domain/distinction/errors.js";
import type { Moments } from "../../../domain/distinction/record/moments.js";
import { harmless } from "../../../domain/distinction/hooks.js";
import { waitFor, type Patience } from "../../../domain/distinction/save/patience.js";
import { backoffFor, DEFAULT_RETRY, isHurried } from "../../../domain/distinction/save/retry.js";
import type { WaitOptions } from "../../../domain/distinction/save/save-options.js";
import type { Connection, Connector } from "./connection.js";
import type { Dialect } from "./dialect.js";
import type { RecordTable } from "../records/record-table.js";
import { refuseInsideUnit } from "../units/open-unit.js";
import { reconnecting, rerun } from "./rerun.js";
import { marking } from "./server-error.js";
import { ObservedConnection, ObservedSession, type StatementEvent } from "./observed-connection.js";
import type { Session } from "./session.js";
import { TableLayouts } from "./table-layouts.js";
import { transact } from "./transact.js";
import type { TableLayout } from "../records/table-layout.js";

export interface DatabaseOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Told about every statement on records, and about their transactions; see `StatementEvent`. Changes no outcome: see `RepositoryObserver`. */
  readonly onStatement?: (event: StatementEvent) => void;
  /** Whether to check on first use that a table's keys and version column are safe; see `checkTable`. */
  readonly checkTables?: boolean;
}

/** One run of a piece of work; `begin` is to be called once it is its turn, and throws where nobody waits for it any more. */
type Once<T> = (connector: Connector, begin?: () => void) => Promise<T>;

/** What stores need of a database: it may be a whole one, or what a unit of work has of it. */
export type DatabaseAccess = Pick<Database, "dialect" | "layout" | "session" | "transaction" | "hasFixedView">;

export const aDatabase = having("a database, as openDatabase opens it", "session", "transaction", "layout");

/** What a `Database` has in common with others that reach the same database. */
export interface SharedDatabase {
  /** One object for all of them: repositories over either can take part in one unit of work. */
  readonly identity: object;
  /** Whether all that is sent becomes part of one transaction that somebody else began. */
  readonly isJoined?: boolean;
  /** Those of that transaction. */
  readonly moments?: Moments;
  /** What all of them know of the tables. */
  readonly layouts?: TableLayouts;
}

/**
 * A database to work with, opened on first use. Work that the server gave up on is run again: it was rolled back, so
 * nothing of it remains.
 */
export class Database {
  #connector: Promise<Connector> | undefined;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #layouts: TableLayouts;
  #closed = false;
  #transactions = 0;
  readonly #tell: ((event: StatementEvent) => void) | undefined;

  /**
   * @param address for messages, without credentials
   * @param open connects; called on first use, and again where the database gives up on it
   */
  constructor(
    readonly address: string,
    private readonly open: () => Promise<Connector>,
    private readonly options: DatabaseOptions,
    private readonly shared?: SharedDatabase,
  ) {
    requireArguments("database", { open: [open, aFunction], options: [options, anEnvironment] });
    const look = <T>(work: (session: Session) => Promise<T>, patience: Patience | undefined): Promise<T> =>
      this.#run((connector) => connector.withSession(work, patience), patience);
    const isChecking = options.checkTables === true;
    this.#layouts = new TableLayouts({ dialect: () => this.dialect(), look }, isChecking, shared?.layouts);
    this.#tell = options.onStatement && harmless("onStatement", options.onStatement);
  }

  /** What tells this database from others, however many objects stand for it. */
  get identity(): object {
    return this.shared?.identity ?? this;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** Whether plain reads may be older than what is stored: they are part of a transaction that began before. */
  get hasFixedView(): boolean {
    return this.shared?.isJoined ?? false;
  }

  /** Of the transaction that somebody else began, where this is one. */
  get moments(): Moments | undefined {
    return this.shared?.moments;
  }

  /** This database from inside a transaction that somebody else began, on the connection that `open` gives. */
  joining(open: () => Promise<Connector>, moments: Moments): Database {
    const { identity } = this;
    return new Database(this.address, open, this.options, {
      identity,
      isJoined: true,
      layouts: this.#layouts,
      moments,
    });
  }

  /**
   * Connects now rather than on first use.
   *
   * @throws DistinctionError `DATABASE_UNAVAILABLE`, `DRIVER_MISSING`
   */
  async connect(): Promise<void> {
    await this.#connected();
  }

  /** The patience of a caller who does not wait for ever; as `Waiting.patience`. */
  patience(what: string, options: WaitOptions): Patience | undefined {
    return isHurried(undefined, options) ? backoffFor(what, this.options, DEFAULT_RETRY, options) : undefined;
  }

  async dialect(): Promise<Dialect> {
    return (await this.#connected()).dialect;
  }

  /**
   * How the statements on a table are written, checked once.
   *
   * @param session to look through, where the caller holds one already
   * @param patience of a caller who does not wait for ever: a look that it leaves ends its connection
   * @throws DistinctionError `MISSING_TABLE`, `MISSING_COLUMN`, `UNSAFE_VERSION_COLUMN`, `UNSAFE_KEY_COLLATION`, `UNSAFE_POSITION_COLUMN`,
   *   `UNSAFE_TIME_COLUMN`, `UNSAFE_TABLE_ENGINE`
   */
  layout(table: RecordTable, session?: Session, patience?: Patience): Promise<TableLayout> {
    return this.#layouts.of(table, session, patience);
  }

  /** Runs `work` on one connection, each statement by itself. */
  session<T>(work: (session: Session) => Promise<T>, patience?: Patience): Promise<T> {
    if (typeof work !== "function") return noWork(work);
    const once: Once<T> = (connector, begin) =>
      connector.withSession((session) => {
        begin?.();
        return work(this.#observedSession(session));
      }, patience);
    return this.#run(once, patience);
  }

  /** Runs `work` in one transaction: all of it is stored, or nothing. May run it again, so it must be free of effects. */
  transaction<T>(work: (session: Session) => Promise<T>, patience?: Patience): Promise<T> {
    if (typeof work !== "function") return noWork(work);
    const once: Once<T> = (connector, begin) =>
      connector.withConnection(async (raw) => {
        begin?.();
        const ended = await transact(this.#observed(raw), work, patience);
        if (ended.kind === "unknown") throw ended.error;
        return ended.value;
      }, patience);
    return this.#run(once, patience);
  }

  /**
   * Lends a connection to `work`, which begins and ends its transactions by itself. Nothing is run again, but what met a
   * dead connection before it sent anything to be kept; errors are the driver's.
   */
  async lend<T>(
    work: (connection: Connection, exclusive: object | undefined) => Promise<T>,
    patience?: Patience,
  ): Promise<T> {
    const once = await this.#entered<T>((connector, begin) => {
      const begun = (connection: Connection): Promise<T> => {
        begin?.();
        return work(this.#observed(connection), connector.exclusive);
      };
      return connector.withConnection(begun, patience);
    }, patience);
    return this.#watched(reconnecting(once));
  }

  /** Ends all connections; work that is under way is finished first. Using the database afterwards is an error. */
  async close(): Promise<void> {
    refuseInsideUnit(this.identity, undefined); // it would wait for the unit
    this.#closed = true;
    const connector = await this.#connector?.catch(() => undefined);
    this.#connector = undefined;
    await Promise.allSettled(this.#underWay);
    await connector?.close();
  }

  #observed(connection: Connection): Connection {
    return this.#tell ? new ObservedConnection(connection, this.#tell, () => ++this.#transactions) : connection;
  }

  #observedSession(session: Session): Session {
    return this.#tell ? new ObservedSession(session, this.#tell) : session;
  }

  async #run<T>(work: Once<T>, patience?: Patience): Promise<T> {
    const once = await this.#entered(work, patience);
    return await this.#watched(rerun(once, this.address, this.options, patience)); // passing a promise on takes longer than awaiting it
  }

  /** What runs `work`, each time as soon as it is its turn: a caller whose patience ends before that is gone by then. */
  async #entered<T>(work: Once<T>, patience: Patience | undefined): Promise<() => Promise<T>> {
    const connector = await waitFor(patience, () => this.#connected());
    refuseInsideUnit(this.identity, connector.exclusive);
    if (patience === undefined) return () => work(connector);
    return () => patience.waiting((begin) => work(connector, begin));
  }

  #watched<T>(result: Promise<T>): Promise<T> {
    this.#underWay.add(result);
    const ended = (): unknown => this.#underWay.delete(result);
    result.then(ended, ended);
    return result;
  }

  #connected(): Promise<Connector> {
    if (this.#closed) {
      return Promise.reject(new DistinctionError("DATABASE_UNAVAILABLE", `${this.address} was closed`));
    }
    // Opening may have to give way too: of several processes that create an SQLite file, one gets to set its mode.
    this.#connector ??= rerun(() => marking(this.open), this.address, this.options).catch((error: unknown) => {
      this.#connector = undefined; // the next use tries again
      throw error;
    });
    return this.#connector;
  }
}

function noWork(work: unknown): Promise<never> {
  const reason = aFunction(work) ?? "";
  return Promise.reject(new InvalidValueError("database", [{ path: "work", reason }]));
}
