import type { QueryRunner } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import { refuseDirtyTransaction } from "./isolation.js";
import { Mutex } from "./mutex.js";
import { Savepoints } from "./savepoints.js";

/** One for each transaction that is open: whoever joins it shares its turns. */
const joined = new WeakMap<QueryRunner, JoinedRunner>();

/** What ends a transaction; going back to a savepoint does not. */
const END = /^\s*(COMMIT|ROLLBACK(?!\s+(WORK\s+)?TO\b))\b/i;

/**
 * The query runner of a transaction that somebody else began. The statements that its owner sends and our pieces of work
 * take turns on it: a piece that fails goes back to its savepoint, and would take statements beside it along; and a
 * COMMIT amid a piece would store half of it.
 */
export class JoinedRunner {
  readonly savepoints = new Savepoints();
  readonly #pieces = new Mutex();
  /** Settles, never fails. */
  #piece: Promise<unknown> | undefined;
  readonly #statements = new Set<Promise<unknown>>();
  #ended = false;

  private constructor(readonly runner: QueryRunner) {
    const send = runner.query.bind(runner);
    const hook = async (...given: Parameters<QueryRunner["query"]>): Promise<unknown> => {
      try {
        return await this.#statement(given[0], () => send(...given));
      } finally {
        if (this.#ended) {
          joined.delete(runner);
          if (runner.query === hook) runner.query = send;
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

  /** @throws DistinctionError `TRANSACTION_ENDED` */
  requireOpen(): void {
    if (this.#ended || this.runner.isReleased || !this.runner.isTransactionActive) throw transactionEnded();
  }

  /** Runs `work` by itself: beside no other piece, and no statement of the owner. */
  piece<T>(work: () => Promise<T>): Promise<T> {
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

  /** Waits for pieces only: a subscriber of the owner's may send a statement from within another. */
  async #statement(sql: string, send: () => Promise<unknown>): Promise<unknown> {
    while (this.#piece !== undefined) await this.#piece;
    // Even where it fails: a cluster that refuses a COMMIT has rolled back.
    if (END.test(sql)) this.#ended = true;
    this.savepoints.sent(sql);
    const sent = send();
    this.#statements.add(sent);
    try {
      return await sent;
    } finally {
      this.#statements.delete(sent);
    }
  }
}

function transactionEnded(): DistinctionError {
  return new DistinctionError(
    "TRANSACTION_ENDED",
    "the manager has no open transaction: join it inside `dataSource.transaction(…)`, and use nothing of it afterwards",
  );
}
