import type { Patience } from "../../../domain/distinction/save/patience.js";
import type { Connection, TransactionFrame } from "./connection.js";
import type { Row, Session, Statement } from "./session.js";

/**
 * Milliseconds for which an answer is waited for once its caller's patience has ended. A server that works answers in that
 * time: it waits for a lock no longer than 2 seconds. What happened is known then, so that it is worth the wait.
 */
export const LAST_WAIT = 5_000;

/** A session for a caller who does not wait for ever: `hangUp` ends the connection of a server that does not answer. */
export class HurriedSession implements Session {
  constructor(
    private readonly session: Session,
    private readonly patience: Patience,
    private readonly hangUp: () => void,
  ) {}

  rows(statement: Statement): Promise<readonly Row[]> {
    return this.answered(() => this.session.rows(statement));
  }

  run(statement: Statement): Promise<number> {
    return this.answered(() => this.session.run(statement));
  }

  protected async answered<T>(send: () => Promise<T>): Promise<T> {
    const silence = this.patience.afterwards(LAST_WAIT, this.hangUp);
    try {
      return await send();
    } finally {
      silence();
    }
  }
}

/** A connection for the same caller. */
export class HurriedConnection extends HurriedSession implements Connection {
  constructor(
    private readonly connection: Connection,
    patience: Patience,
    hangUp: () => void,
  ) {
    super(connection, patience, hangUp);
  }

  get frame(): TransactionFrame {
    return this.connection.frame;
  }

  begin(): Promise<void> {
    return this.answered(() => this.connection.begin());
  }

  commit(): Promise<void> {
    return this.answered(() => this.connection.commit());
  }

  rollback(): Promise<void> {
    return this.answered(() => this.connection.rollback());
  }
}
