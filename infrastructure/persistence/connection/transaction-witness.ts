import type { PoolConnection, ResultSetHeader } from "mysql2";
import type { QueryRunner } from "typeorm";
import { ownersLogger } from "./owners-logger.js";
import { leavesTransaction } from "./owners-statements.js";
import { SAVEPOINT_NAME } from "./savepoints.js";
import { IN_TRANSACTION } from "./server-status.js";
import { sqliteConnectionOf } from "./sqlite-connector.js";

/** Tells of a transaction that somebody else began whether it is open, whatever its owner and TypeORM take it for. */
export interface TransactionWitness {
  /** Whether its end is known without asking anybody. */
  readonly seesEnd: boolean;
  isOpen(): Promise<boolean>;
  /**
   * Whether a savepoint is set for a statement of the owner's, and released after it. Others must not be sent beside it: the
   * savepoints that they set would be released as well.
   */
  marks(sql: string): boolean;
  /** Is called before a statement of the owner's is sent. */
  watch(sql: string): Watch;
}

/** What is to be asked about one statement of the owner's. */
export interface Watch {
  /** When the statement may be sent. */
  readonly ready: Promise<unknown>;
  /** Whether the transaction that it was sent in goes on; to be called as soon as it is answered, and once. */
  goesOn(hasFailed: boolean): Promise<boolean>;
}

export function witnessOf(runner: QueryRunner): TransactionWitness {
  return runner.dataSource.options.type === "better-sqlite3" ? new FileWitness(runner) : new ServerWitness(runner);
}

/** SQLite's library tells at once. */
class FileWitness implements TransactionWitness {
  readonly #connection;

  constructor({ dataSource }: QueryRunner) {
    this.#connection = sqliteConnectionOf(dataSource);
  }

  get seesEnd(): boolean {
    return !this.#connection.inTransaction;
  }

  isOpen(): Promise<boolean> {
    return Promise.resolve(!this.seesEnd);
  }

  marks(): boolean {
    return false;
  }

  watch(): Watch {
    return { ready: Promise.resolve(), goesOn: () => this.isOpen() };
  }
}

/** It goes with the transaction that it was set in, also where another one begins at once. */
const MARK = `${SAVEPOINT_NAME}_mark`;

/**
 * Servers tell it along with the answer to a statement without rows. An error comes without it, and says by no number for
 * certain what else it undid.
 */
class ServerWitness implements TransactionWitness {
  readonly seesEnd = false;
  readonly #connected: Promise<unknown>;
  #raw: PoolConnection | undefined;
  /** Statements that the mark was set for, and that are not answered: several where a subscriber sends one within another. */
  #marking = 0;

  constructor(private readonly runner: QueryRunner) {
    const connected = (raw: unknown): void => void (this.#raw = raw as PoolConnection);
    this.#connected = runner.connect().then(connected, () => undefined);
  }

  async isOpen(): Promise<boolean> {
    await this.#connected;
    return this.#isInTransaction();
  }

  marks(sql: string): boolean {
    return !leavesTransaction(sql);
  }

  watch(sql: string): Watch {
    if (!this.marks(sql)) {
      return {
        ready: this.#connected,
        goesOn: (hasFailed) => (hasFailed ? this.#isInTransaction() : Promise.resolve(true)),
      };
    }
    const isFirst = this.#marking++ === 0;
    const set = (): void => void (isFirst && this.#ask(`SAVEPOINT ${MARK}`));
    // The last one finds out for all.
    const isLeft = async (): Promise<boolean> =>
      --this.#marking > 0 || (await this.#ask(`RELEASE SAVEPOINT ${MARK}`)) !== undefined;
    return { ready: this.#connected.then(set), goesOn: isLeft };
  }

  async #isInTransaction(): Promise<boolean> {
    const status = await this.#ask("DO 0");
    return status !== undefined && (status & IN_TRANSACTION) !== 0;
  }

  /** Queued at once, ahead of what the owner sends next. Answers the server's status, and nothing where it refuses. */
  async #ask(sql: string): Promise<number | undefined> {
    const raw = this.#raw;
    if (raw === undefined) return undefined;
    ownersLogger(this.runner.dataSource).logQuery(sql, [], this.runner);
    return new Promise((resolve) => {
      raw.query(sql, (error: Error | null, answer: ResultSetHeader & { readonly serverStatus?: number }) =>
        resolve(error === null ? (answer.serverStatus ?? 0) : undefined),
      );
    });
  }
}
