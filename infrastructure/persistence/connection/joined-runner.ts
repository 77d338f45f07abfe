import { AsyncLocalStorage } from "node:async_hooks";
import type { QueryRunner } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import { refuseDirtyTransaction } from "./isolation.js";
import { Mutex } from "./mutex.js";
import { endsTransaction } from "./owners-statements.js";
import { Savepoints } from "./savepoints.js";
import { errorCode } from "./server-error.js";
import { witnessOf, type TransactionWitness, type Watch } from "./transaction-witness.js";

/** One for each transaction that is open: whoever joins it shares its turns. */
const joined = new WeakMap<QueryRunner, JoinedRunner>();

/** A statement of an owner's whose subscribers may be at work. */
interface OwnersStatement {
  readonly joined: JoinedRunner;
  isUnderWay: boolean;
  /** The one from within which it was sent. */
  readonly outer: OwnersStatement | undefined;
}

/** What the code that asks was called from within. Costs nothing before the first join of the process. */
const current = new AsyncLocalStorage<OwnersStatement>();

/**
 * The query runner of a transaction that somebody else began. The statements that its owner sends and our pieces of work
 * take turns on it: a piece that fails goes back to its savepoint, and would take statements beside it along; and a
 * COMMIT amid a piece would store half of it. Once the transaction is over, nothing more of ours is sent: each statement would
 * be a transaction of its own.
 */
export class JoinedRunner {
  readonly savepoints = new Savepoints();
  readonly #pieces = new Mutex();
  /** Settles, never fails. */
  #piece: Promise<unknown> | undefined;
  /** Settle, and never fail, when what their statements did to the transaction is known. */
  readonly #statements = new Set<Promise<unknown>>();
  /** Settles, and never fails, when the last statement is done that is to be sent beside no other. */
  #alone: Promise<unknown> | undefined;
  readonly #witness: TransactionWitness;
  /** What is said to who goes on. */
  #over: DistinctionError | undefined;

  private constructor(readonly runner: QueryRunner) {
    this.#witness = witnessOf(runner);
    const own = Object.getOwnPropertyDescriptor(runner, "query");
    const send = runner.query.bind(runner);
    const hook = async (...given: Parameters<QueryRunner["query"]>): Promise<unknown> => {
      try {
        return await this.#statement(given[0], () => send(...given));
      } finally {
        // One that is lost is not over before its owner ends it.
        if (this.#over?.code === "TRANSACTION_ENDED" && joined.get(runner) === this) {
          joined.delete(runner);
          if (runner.query === hook) restore(runner, own);
        }
      }
    };
    runner.query = hook as QueryRunner["query"];
  }

  /** @throws DistinctionError `TRANSACTION_ENDED`, `UNSAFE_ISOLATION` */
  static of(runner: QueryRunner | undefined): JoinedRunner {
    if (runner?.isTransactionActive !== true || runner.isReleased) throw transactionEnded();
    refuseDirtyTransaction(runner);
    let one = joined.get(runner);
    if (one === undefined) joined.set(runner, (one = new JoinedRunner(runner)));
    one.requireOpen();
    return one;
  }

  /** @throws DistinctionError `TRANSACTION_ENDED`, `TRANSACTION_LOST` */
  requireOpen(): void {
    if (this.#over !== undefined) throw this.#over;
    if (this.runner.isReleased || !this.runner.isTransactionActive || this.seesEnd) throw transactionEnded();
  }

  /** Whether the database tells without being asked that the transaction is over. */
  get seesEnd(): boolean {
    return this.#witness.seesEnd;
  }

  /**
   * Asks the database: the owner may have ended the transaction before anybody joined it, and TypeORM knows of that nothing.
   *
   * @throws DistinctionError `TRANSACTION_ENDED`, `TRANSACTION_LOST`
   */
  async checkOpen(): Promise<void> {
    this.requireOpen();
    if (await this.#witness.isOpen()) return;
    this.#over ??= transactionEnded();
    throw this.#over;
  }

  /**
   * Runs `work` by itself: beside no other piece, and no statement of the owner.
   *
   * @throws DistinctionError `UNIT_MISUSED` within a statement of the owner's, which would wait for itself
   */
  async piece<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isWithinStatement()) throw insideStatement();
    return this.#pieces.run(async () => {
      while (this.#statements.size > 0) await Promise.allSettled(this.#statements);
      const result = work();
      this.#piece = result.catch(() => undefined);
      try {
        return await result;
      } finally {
        this.#piece = undefined;
      }
    });
  }

  async #statement(sql: string, send: () => Promise<unknown>): Promise<unknown> {
    const done = await this.#turn(this.#witness.marks(sql));
    // Even where it fails: a cluster that refuses a COMMIT has rolled back.
    if (endsTransaction(sql)) this.#over = transactionEnded();
    this.savepoints.sent(sql);
    const watch = this.#over === undefined ? this.#witness.watch(sql) : undefined;
    const statement: OwnersStatement = { joined: this, isUnderWay: true, outer: current.getStore() };
    const sent = (): Promise<unknown> =>
      current.run(statement, send).finally(() => {
        statement.isUnderWay = false;
      });
    const answer = watch === undefined ? sent() : watch.ready.then(sent);
    const known = answer.then(
      () => this.#learn(watch, false, transactionEnded),
      (error: unknown) => this.#learn(watch, true, () => transactionLost(error)),
    );
    this.#statements.add(known);
    void known.then(() => {
      this.#statements.delete(known);
      done?.();
    });
    const result = await answer; // an error is told at once: its statement may occupy the connection still
    await known;
    return result;
  }

  /**
   * Waits until a statement of the owner's may be sent: for the piece that is under way, and for statements that are sent
   * beside no other, such as this one may be. A subscriber's from within another statement waits for nothing.
   *
   * @returns what to call when it is done, where others wait for it
   */
  async #turn(isAlone: boolean): Promise<(() => void) | undefined> {
    if (this.#isWithinStatement()) return undefined;
    const before = this.#alone;
    let done: (() => void) | undefined;
    if (isAlone) {
      const mine = new Promise<void>((resolve) => (done = resolve)).then(() => {
        if (this.#alone === mine) this.#alone = undefined;
      });
      this.#alone = mine;
    }
    if (before !== undefined) await before;
    while (this.#piece !== undefined || (isAlone && this.#statements.size > 0)) {
      await (this.#piece ?? Promise.all(this.#statements));
    }
    return done;
  }

  #isWithinStatement(): boolean {
    for (let statement = current.getStore(); statement !== undefined; statement = statement.outer) {
      if (statement.joined === this && statement.isUnderWay) return true;
    }
    return false;
  }

  async #learn(watch: Watch | undefined, hasFailed: boolean, end: () => DistinctionError): Promise<void> {
    if (watch !== undefined && !(await watch.goesOn(hasFailed))) this.#over ??= end();
  }
}

/** Leaves the runner as it was, which may live as long as the process: no layer for each transaction. */
function restore(runner: QueryRunner, own: PropertyDescriptor | undefined): void {
  if (own === undefined) delete (runner as Partial<QueryRunner>).query;
  else Object.defineProperty(runner, "query", own);
}

function transactionEnded(): DistinctionError {
  return new DistinctionError(
    "TRANSACTION_ENDED",
    "the manager has no open transaction: join it inside `dataSource.transaction(…)`, and use nothing of it afterwards",
  );
}

function insideStatement(): DistinctionError {
  return new DistinctionError(
    "UNIT_MISUSED",
    "joined transaction: a subscriber's `beforeQuery` or `afterQuery` cannot use it, since the statement waits for the " +
      "subscriber, and this for the statement: use it before or after the statement, or in `beforeTransactionCommit`",
  );
}

function transactionLost(error: unknown): DistinctionError {
  const detail = errorCode(error);
  return new DistinctionError(
    "TRANSACTION_LOST",
    `the transaction that was joined is lost: a statement of its owner's failed (${detail}), and the database ended it`,
  );
}
