import { requireArguments, requireOptions } from "../../../domain/distinction/arguments.js";
import { aRecordType } from "../../../domain/distinction/types/record-definition.js";
import { requirePage, type History, type HistoryEntry } from "../../../domain/distinction/history.js";
import { waitFor, type Patience } from "../../../domain/distinction/save/patience.js";
import { recordId } from "../../../domain/distinction/record/record-id.js";
import type { AnyRecordType, IdOf } from "../../../domain/distinction/types/record-type.js";
import { WAIT_OPTIONS, type WaitOptions } from "../../../domain/distinction/save/save-options.js";
import { aDatabase, type Database } from "../connection/database.js";
import {
  entryFrom,
  placeWrites,
  selectHead,
  selectHistoryOf,
  selectSince,
  selectUnplaced,
  updateHead,
} from "./history-statements.js";
import { requireHistory } from "./history-tables.js";

/** Most writes that get their positions in one transaction. */
const MOST_PLACED = 500;

/**
 * The history of one database.
 *
 * Why positions: ids are given out when a row is written, and rows are seen when they are committed, which may be in
 * another order; a reader that asks for ids above its cursor skips for good what is committed below it. A position is
 * given by a reader, to rows that it sees, hence to committed ones, one reader at a time: whatever is committed late
 * gets a late position. Writers take no lock for it and wait for nobody, whatever the isolation level. (A gate that
 * writers share and readers take for themselves is one statement less per row, but makes every writer wait, behind the
 * reader, for the longest transaction.)
 */
export class SqlHistory implements History {
  constructor(private readonly database: Database) {
    requireArguments("history", { database: [database, aDatabase] });
  }

  async historyOf<R extends AnyRecordType>(
    type: R,
    id: IdOf<R>,
    options: WaitOptions = {},
  ): Promise<readonly HistoryEntry[]> {
    requireArguments("history", { type: [type, aRecordType] });
    requireOptions("history", WAIT_OPTIONS, options);
    const statement = selectHistoryOf(type, recordId(type, id));
    const patience = this.database.patience(`history of ${type.name}`, options);
    return waitFor(patience, async () => {
      await requireHistory(this.database, patience);
      const rows = await this.database.session((session) => session.rows(statement), patience);
      return rows.map(entryFrom);
    });
  }

  async changesSince(
    cursor: number,
    limit: number,
    options: WaitOptions = {},
  ): Promise<{ entries: readonly HistoryEntry[]; cursor: number }> {
    requirePage(cursor, limit);
    requireOptions("history", WAIT_OPTIONS, options);
    const patience = this.database.patience(`changes since ${cursor}`, options);
    await requireHistory(this.database, patience);
    // In this order, so that what was committed before the call is in the answer, whichever reader placed it.
    await this.#place(limit, patience);
    const entries = await waitFor(patience, () => this.#since(cursor, limit, patience));
    return { entries, cursor: entries.at(-1)?.position ?? cursor };
  }

  async #since(cursor: number, limit: number, patience: Patience | undefined): Promise<HistoryEntry[]> {
    const rows = await this.database.session((session) => session.rows(selectSince(cursor, limit)), patience);
    return rows.map(entryFrom);
  }

  /** Gives positions to so many writes that have none, or to all. */
  async #place(limit: number, patience: Patience | undefined): Promise<void> {
    for (let left = limit; left > 0; left -= MOST_PLACED) {
      const most = Math.min(left, MOST_PLACED);
      if ((await this.#placeSome(most, patience)) < most) return;
    }
  }

  /** Answers how many it found: where fewer than `most`, there were no more. */
  async #placeSome(most: number, patience: Patience | undefined): Promise<number> {
    const unplaced = selectUnplaced(most);
    const some = await waitFor(patience, () => this.database.session((session) => session.rows(unplaced), patience));
    if (some.length === 0) return 0;
    const dialect = await this.database.dialect();
    return this.database.transaction(async (session) => {
      // The lock comes first: what is read after it, the reader before has left.
      const [head] = await session.rows(selectHead(dialect));
      const first = Number(head![0]);
      const ids = (await session.rows(unplaced)).map(([id]) => Number(id));
      if (ids.length === 0) return 0;
      await session.run(placeWrites(ids, first));
      await session.run(updateHead(first + ids.length));
      return ids.length;
    }, patience);
  }
}
