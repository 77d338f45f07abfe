import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Patience } from "../../../domain/distinction/save/patience.js";
import type { Connection } from "./connection.js";
import type { Row, Session, Statement } from "./session.js";
import { SqliteConnector, sqliteConnectionOf, type SqliteConnection } from "./sqlite-connector.js";
import { SqliteOwner } from "./sqlite-owner.js";

/** The connection of a data source whose owner uses it too. */
export class SharedSqliteConnector extends SqliteConnector {
  override withSession<T>(work: (session: Session) => Promise<T>, patience?: Patience): Promise<T> {
    return this.withConnection(work, patience);
  }

  override withConnection<T>(work: (connection: Connection) => Promise<T>, patience?: Patience): Promise<T> {
    return super.withConnection(() => {
      const owner = SqliteOwner.of(this.dataSource, this.exclusive);
      const shared = new SharedSqliteConnection(sqliteConnectionOf(this.dataSource), owner, patience);
      return owner.whenIdle(() => work(shared), undefined);
    });
  }
}

/**
 * What one piece of work has of it. Before anything is sent, and in the same breath, it is looked whether the connection is
 * in the transaction that this is to be part of: in the piece's own, or in none.
 */
class SharedSqliteConnection implements Connection {
  readonly frame;
  #hasBegun = false;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly owner: SqliteOwner,
    private readonly patience: Patience | undefined,
  ) {
    this.frame = connection.frame;
  }

  rows(statement: Statement): Promise<readonly Row[]> {
    return this.#inPlace(() => this.connection.rows(statement));
  }

  run(statement: Statement): Promise<number> {
    return this.#inPlace(() => this.connection.run(statement));
  }

  begin(): Promise<void> {
    return this.#inPlace(() => this.#framed(() => this.connection.begin()));
  }

  commit(): Promise<void> {
    return this.#inPlace(() => this.#framed(() => this.connection.commit()));
  }

  /** Where it has not begun, a transaction that is open is the owner's. */
  async rollback(): Promise<void> {
    if (this.#hasBegun) await this.#framed(() => this.connection.rollback());
  }

  #inPlace<T>(send: () => Promise<T>): Promise<T> {
    if (!this.#hasBegun) return this.owner.isBusy ? this.owner.whenIdle(send, this.patience) : send();
    return this.connection.inTransaction ? send() : Promise.reject(transactionLost());
  }

  #framed(send: () => Promise<void>): Promise<void> {
    const sent = send();
    this.#hasBegun = this.owner.isLockedOut = this.connection.inTransaction;
    return sent;
  }
}

function transactionLost(): DistinctionError {
  const message = "something else than this library ended its transaction on SQLite's one connection";
  return new DistinctionError("TRANSACTION_LOST", `${message}: nothing more of it is written`);
}
