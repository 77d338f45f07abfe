import type { PoolConnection } from "mysql2";
import type { DataSource, QueryRunner } from "typeorm";
import type { Connection } from "./connection.js";
import { MySqlSession } from "./mysql-session.js";
import type { HarmlessRunner } from "./owners-subscribers.js";
import { marking } from "./server-error.js";

/** A transaction of which nobody but the data source's logger is told. */
export class MySqlConnection extends MySqlSession implements Connection {
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
export class HeardConnection extends MySqlConnection {
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
