import { requireArguments } from "../../../domain/distinction/arguments.js";
import { waitFor, type Patience } from "../../../domain/distinction/save/patience.js";
import { aRecordTable, type RecordTable } from "../records/record-table.js";
import { checkTable } from "../records/table-checks.js";
import { tableLayout, type TableLayout, type TimestampLimits } from "../records/table-layout.js";
import { timestampLimits } from "../records/timestamp-limits.js";
import type { Dialect } from "./dialect.js";
import type { Session } from "./session.js";

/** Where tables are looked at. */
export interface TablePlace {
  dialect(): Promise<Dialect>;
  /** Runs `work` on a connection that is served within `patience`, which observers are not told of. */
  look<T>(work: (session: Session) => Promise<T>, patience: Patience | undefined): Promise<T>;
}

/** How the statements on the tables of one database are written. Each table is looked at once, when it is first used. */
export class TableLayouts {
  readonly #known: WeakMap<RecordTable, TableLayout>;
  readonly #looks = new Map<RecordTable, Promise<TableLayout>>();

  /**
   * @param isChecking whether tables are looked at; see `checkTable`
   * @param shared of the same database, on other connections
   */
  constructor(
    private readonly place: TablePlace,
    private readonly isChecking: boolean,
    shared?: TableLayouts,
  ) {
    this.#known = shared === undefined ? new WeakMap() : shared.#known;
  }

  /**
   * @param session to look through, where the caller holds one already
   * @param patience of a caller who does not wait for ever, nor is to leave a connection behind that does
   * @throws as `Database.layout`
   */
  of(table: RecordTable, session?: Session, patience?: Patience): Promise<TableLayout> {
    const known = this.#known.get(table);
    if (known !== undefined) return Promise.resolve(known);
    // Waits for nobody else's look: on an SQLite file that may be waiting for the turn that this session has, and
    // whoever is in a hurry ends a look of its own.
    if (session !== undefined || patience !== undefined) return this.#looked(table, session, patience);
    let look = this.#looks.get(table);
    if (look === undefined) {
      look = this.#looked(table).finally(() => this.#looks.delete(table)); // the table may be mended
      this.#looks.set(table, look);
    }
    return look;
  }

  async #looked(table: RecordTable, session?: Session, patience?: Patience): Promise<TableLayout> {
    requireArguments("database", { table: [table, aRecordTable] });
    const dialect = await waitFor(patience, () => this.place.dialect());
    const look = async (through: Session): Promise<TimestampLimits | undefined> => {
      await checkTable(through, table, dialect);
      return timestampLimits(through, table);
    };
    const looked = (): Promise<TimestampLimits | undefined> =>
      session === undefined ? this.place.look(look, patience) : look(session);
    const layout = tableLayout(table, dialect, this.isChecking ? await looked() : undefined);
    this.#known.set(table, layout);
    return layout;
  }
}
