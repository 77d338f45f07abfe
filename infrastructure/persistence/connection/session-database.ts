import type { Database, DatabaseAccess } from "./database.js";
import type { Dialect } from "./dialect.js";
import type { RecordTable } from "../records/record-table.js";
import { duplicateKey, errorMeaning } from "./server-error.js";
import type { Row, Session, Statement } from "./session.js";
import type { TableLayout } from "../records/table-layout.js";

/** One open transaction, as stores use a database: all that they do becomes part of it. */
export class SessionDatabase implements DatabaseAccess {
  readonly #session: Session;

  constructor(
    private readonly database: Database,
    session: Session,
  ) {
    this.#session = {
      rows: (statement: Statement): Promise<readonly Row[]> => session.rows(statement),
      run: (statement: Statement): Promise<number> => this.#told(session.run(statement)),
    };
  }

  get hasFixedView(): boolean {
    return this.database.hasFixedView;
  }

  dialect(): Promise<Dialect> {
    return this.database.dialect();
  }

  layout(table: RecordTable): Promise<TableLayout> {
    return this.database.layout(table, this.#session);
  }

  session<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return work(this.#session);
  }

  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return work(this.#session);
  }

  /** Stores look for this one; the driver's other errors are for whoever runs the transaction. */
  async #told(result: Promise<number>): Promise<number> {
    try {
      return await result;
    } catch (error) {
      throw errorMeaning(error) === "duplicate" ? duplicateKey(error, this.database.address) : error;
    }
  }
}
