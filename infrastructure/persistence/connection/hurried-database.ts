import type { Patience } from "../../../domain/distinction/save/patience.js";
import type { RecordTable } from "../records/record-table.js";
import type { TableLayout } from "../records/table-layout.js";
import type { Database, DatabaseAccess } from "./database.js";
import type { Dialect } from "./dialect.js";
import type { Session } from "./session.js";

/**
 * A database for a caller who does not wait for ever: not until it is opened, not for a connection; and between two waits
 * for a lock, it is asked whether to wait on.
 */
export class HurriedDatabase implements DatabaseAccess {
  constructor(
    private readonly database: Database,
    private readonly patience: Patience,
  ) {}

  get hasFixedView(): boolean {
    return this.database.hasFixedView;
  }

  dialect(): Promise<Dialect> {
    return this.patience.waiting(() => this.database.dialect());
  }

  layout(table: RecordTable): Promise<TableLayout> {
    return this.patience.waiting(() => this.database.layout(table, undefined, this.patience));
  }

  session<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.database.session(work, this.patience);
  }

  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.database.transaction(work, this.patience);
  }
}
