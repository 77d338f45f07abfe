import { setImmediate, setTimeout } from "node:timers/promises";
import type { Statement as Prepared } from "better-sqlite3";
import type { DataSource, QueryRunner } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Patience } from "../../../domain/distinction/save/patience.js";
import { unitMisused } from "../../../domain/distinction/unit/unit-errors.js";
import { isInsideUnit } from "../units/open-unit.js";
import type { Mutex } from "./mutex.js";
import { endsTransaction } from "./owners-statements.js";
import { sqliteConnectionOf, type SqliteConnection } from "./sqlite-connector.js";

/** Milliseconds for which one side waits for a transaction that the other has open. */
const LONGEST_WAIT = 5000;

/** What TypeORM sends a statement by. */
type Sender = Pick<Prepared, "reader" | "all" | "run">;

/**
 * TypeORM's one query runner of a file. `getStmt` is no part of its interface, but the only place to wait in: what it
 * answers is sent at once, while `query` runs subscribers of the owner's before that and after.
 */
interface FileRunner extends QueryRunner {
  getStmt(sql: string): Promise<Sender>;
}

/** By TypeORM's runner: a data source that is destroyed and initialised again has another one. */
const owners = new WeakMap<QueryRunner, SqliteOwner>();

/**
 * Who owns a data source on SQLite, and sends statements by TypeORM on the one connection that ours go over, too. Ours wait
 * while anything of theirs is open or about to be sent, and theirs wait while a transaction of ours is open: their BEGIN
 * would fail within it and the ROLLBACK that follows would end it, and a single statement would go with it if it is undone.
 * Theirs then take turns with ours in the order of arrival, so that nobody waits for ever.
 */
export class SqliteOwner {
  /** Whether a transaction of ours is open. */
  isLockedOut = false;
  /** Statements that are about to be sent, and transactions that are about to begin. */
  #coming = 0;
  readonly #connection: SqliteConnection;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly turns: Mutex,
    runner: FileRunner,
  ) {
    this.#connection = sqliteConnectionOf(dataSource);
    const prepare = runner.getStmt.bind(runner);
    runner.getStmt = async (sql) => {
      if (endsTransaction(sql)) this.#refuseInsideUnit();
      await this.#enter();
      try {
        const statement = await prepare(sql);
        return {
          reader: statement.reader,
          all: (...parameters: unknown[]) => this.#leaving(() => statement.all(...parameters)),
          run: (...parameters: unknown[]) => this.#leaving(() => statement.run(...parameters)),
        };
      } catch (error) {
        this.#coming--;
        throw error;
      }
    };
    const start = runner.startTransaction.bind(runner);
    // Ahead of the runner, which takes its transaction for open at once: others that come meanwhile would be part of it.
    runner.startTransaction = async (level) => {
      this.#refuseInsideUnit();
      await this.#enter();
      try {
        await start(level);
      } finally {
        this.#coming--;
      }
    };
  }

  /** @param turns those that ours take on the connection */
  static of(dataSource: DataSource, turns: Mutex): SqliteOwner {
    const runner = dataSource.driver.createQueryRunner("master") as FileRunner;
    let owner = owners.get(runner);
    if (owner === undefined) owners.set(runner, (owner = new SqliteOwner(dataSource, turns, runner)));
    return owner;
  }

  get isBusy(): boolean {
    return this.#coming > 0 || this.#connection.inTransaction;
  }

  /**
   * Calls `send` when nothing of theirs is under way; nothing comes between that and what it sends at once.
   *
   * @throws DistinctionError `DATABASE_UNAVAILABLE` where they take too long; what `patience` throws
   */
  async whenIdle<T>(send: () => T | Promise<T>, patience: Patience | undefined): Promise<T> {
    const deadline = performance.now() + LONGEST_WAIT;
    while (this.isBusy) {
      if (performance.now() > deadline) throw tooLong("a transaction of the data source", "`joinTransaction`");
      patience?.check();
      await this.#pause();
    }
    return send();
  }

  /** From here on nothing of ours is sent, until `#coming` is lowered. */
  async #enter(): Promise<void> {
    if (this.isLockedOut && !isInsideUnit(this.dataSource)) await this.#turn();
    else this.#coming++;
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + LONGEST_WAIT;
      let hasLeft = false;
      const timer = globalThis.setTimeout(() => {
        hasLeft = true;
        reject(tooLong("a unit of work", "`tx.repository`"));
      }, LONGEST_WAIT);
      const turn = this.turns.run(async () => {
        clearTimeout(timer);
        if (hasLeft) return;
        // Others of theirs may have begun meanwhile. Without us they would not be waited for at all: so not for ever.
        while (this.isBusy && performance.now() < deadline) await this.#pause();
        this.#coming++;
      });
      turn.then(resolve, reject);
    });
  }

  #leaving<T>(send: () => T): T {
    try {
      return send();
    } finally {
      this.#coming--;
    }
  }

  #pause(): Promise<unknown> {
    return this.#connection.inTransaction ? setTimeout(1) : setImmediate();
  }

  #refuseInsideUnit(): void {
    if (!isInsideUnit(this.dataSource)) return;
    const instead = "use what tx.repository gives, or TypeORM's statements without a transaction";
    throw unitMisused(`inside one on SQLite, TypeORM can neither begin nor end a transaction: ${instead}`);
  }
}

function tooLong(what: string, by: string): DistinctionError {
  const message =
    `${what} has been open for ${LONGEST_WAIT} ms on SQLite's one connection: ` +
    `records are used inside it through ${by}`;
  return new DistinctionError("DATABASE_UNAVAILABLE", message);
}
