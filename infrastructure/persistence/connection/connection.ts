import type { Patience } from "../../../domain/distinction/save/patience.js";
import type { Dialect } from "./dialect.js";
import type { Session } from "./session.js";

/** A session with the means to make its statements one transaction. */
export interface Connection extends Session {
  /** What it sends for that. */
  readonly frame: TransactionFrame;
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export interface TransactionFrame {
  readonly begin: string;
  readonly commit: string;
  readonly rollback: string;
}

/**
 * Hands out connections of one server or file. One adapter per driver. Where somebody's patience is given, statements give
 * up on locks soon (`errorMeaning` "gave-up"), so that it can be asked whether to wait on.
 */
export interface Connector {
  readonly dialect: Dialect;
  /** What a piece of work has to itself until it ends, where there is only one to be had. */
  readonly exclusive?: object;
  /** Runs `work`, of which each statement stands for itself, on a connection of its own. */
  withSession<T>(work: (session: Session) => Promise<T>, patience?: Patience): Promise<T>;
  /** Runs `work` on a connection of its own; the connection goes back however `work` ends. */
  withConnection<T>(work: (connection: Connection) => Promise<T>, patience?: Patience): Promise<T>;
  close(): Promise<void>;
}
