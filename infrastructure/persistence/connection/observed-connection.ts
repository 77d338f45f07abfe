import type { Connection, TransactionFrame } from "./connection.js";
import { shownParameters, type PlainParameter } from "./parameter.js";
import { errorCode } from "./server-error.js";
import type { Row, Session, Statement } from "./session.js";

/** A statement that was sent and answered, as logs may show it. */
export interface StatementEvent {
  /** What it is for: the rest begin and end the transactions (the savepoints, where one is joined) around statements. */
  readonly kind: "statement" | keyof TransactionFrame;
  readonly sql: string;
  /** `"[secret]"` for values of attributes marked secret. */
  readonly parameters: readonly PlainParameter[];
  /** Whether the server keeps the text prepared; one that varies with the number of rows is not. */
  readonly prepared: boolean;
  /** Milliseconds until it was answered. */
  readonly duration: number;
  /** Rows that it returned, or that its condition matched; `undefined` where it failed. */
  readonly rows: number | undefined;
  /** The driver's code, where it failed. */
  readonly error: string | undefined;
  /** The same number for all statements of one transaction; `undefined` for a statement by itself. */
  readonly transaction: number | undefined;
}

/** A session under the eyes of somebody who wants to see all statements. */
export class ObservedSession implements Session {
  protected transaction: number | undefined;

  constructor(
    private readonly session: Session,
    private readonly tell: (event: StatementEvent) => void,
  ) {}

  rows(statement: Statement): Promise<readonly Row[]> {
    return this.told(
      "statement",
      statement,
      () => this.session.rows(statement),
      (rows) => rows.length,
    );
  }

  run(statement: Statement): Promise<number> {
    return this.told(
      "statement",
      statement,
      () => this.session.run(statement),
      (count) => count,
    );
  }

  protected async told<T>(
    kind: StatementEvent["kind"],
    { sql, parameters, varying }: Statement,
    send: () => Promise<T>,
    count: (answer: T) => number,
  ): Promise<T> {
    const sentAt = performance.now();
    const transaction = this.transaction;
    const event = (rows: number | undefined, error: string | undefined): StatementEvent => {
      const duration = performance.now() - sentAt;
      const prepared = varying !== true;
      return { kind, sql, parameters: shownParameters(parameters), prepared, duration, rows, error, transaction };
    };
    let result: T;
    try {
      result = await send();
    } catch (error) {
      this.tell(event(undefined, errorCode(error)));
      throw error;
    }
    this.tell(event(count(result), undefined));
    return result;
  }
}

/** A connection under the same eyes, which tells its transactions apart by number. */
export class ObservedConnection extends ObservedSession implements Connection {
  constructor(
    private readonly connection: Connection,
    tell: (event: StatementEvent) => void,
    private readonly nextTransaction: () => number,
  ) {
    super(connection, tell);
  }

  get frame(): TransactionFrame {
    return this.connection.frame;
  }

  begin(): Promise<void> {
    this.transaction = this.nextTransaction();
    return this.#framed("begin");
  }

  commit(): Promise<void> {
    return this.#framed("commit");
  }

  rollback(): Promise<void> {
    return this.#framed("rollback");
  }

  #framed(kind: keyof TransactionFrame): Promise<void> {
    const told = this.told(
      kind,
      { sql: this.frame[kind], parameters: [], varying: true },
      () => this.connection[kind](),
      () => 0,
    );
    if (kind !== "begin") this.transaction = undefined;
    return told;
  }
}
