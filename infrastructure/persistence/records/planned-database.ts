import type { PlannedStatement } from "../../../domain/distinction/save/explanation.js";
import type { DatabaseAccess } from "../connection/database.js";
import type { Dialect } from "../connection/dialect.js";
import { shownParameters } from "../connection/parameter.js";
import type { Row, Session, Statement } from "../connection/session.js";
import type { RecordTable } from "./record-table.js";
import type { TableLayout } from "./table-layout.js";

/**
 * Stands for a database where the statements are wanted and not what they do: the same code that writes runs on it, and
 * every statement succeeds without being sent.
 */
export class PlannedDatabase implements DatabaseAccess {
  readonly statements: PlannedStatement[] = [];
  readonly #session: Session;
  #depth: number;

  /** @param inTransaction whether what is planned becomes part of a transaction that is open already */
  constructor(
    private readonly database: DatabaseAccess,
    { inTransaction } = { inTransaction: false },
  ) {
    this.#depth = inTransaction ? 1 : 0;
    this.#session = {
      rows: (statement) => this.#planned<readonly Row[]>(statement, [[]]),
      run: (statement) => this.#planned(statement, 1),
    };
  }

  get hasFixedView(): boolean {
    return this.database.hasFixedView;
  }

  dialect(): Promise<Dialect> {
    return this.database.dialect();
  }

  layout(table: RecordTable): Promise<TableLayout> {
    return this.database.layout(table);
  }

  session<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return work(this.#session);
  }

  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const isOuter = this.#depth++ === 0;
    if (isOuter) this.statements.push({ sql: "BEGIN", parameters: [] });
    const result = await work(this.#session);
    if (isOuter) this.statements.push({ sql: "COMMIT", parameters: [] });
    this.#depth--;
    return result;
  }

  #planned<T>({ sql, parameters }: Statement, answer: T): Promise<T> {
    this.statements.push({ sql, parameters: shownParameters(parameters) });
    return Promise.resolve(answer);
  }
}
