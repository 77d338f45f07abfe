import { aWholeNumberFrom, requireArguments, rule, someText } from "./arguments.js";
import type { Change } from "./diff/change.js";
import { aChangeSet, changePath, type ChangeSet } from "./diff/change-set.js";
import type { AnyRecordType, IdOf } from "./types/record-type.js";
import type { WaitOptions } from "./save/save-options.js";

/** One effective write, as it is remembered. */
export interface HistoryEntry {
  /** Its place among all writes, once it has one: what `changesSince` counts by. */
  readonly position: number | undefined;
  /** Who wrote, where anybody was named. */
  readonly actor: string | undefined;
  /** Shared by all that one unit of work wrote. */
  readonly operation: string;
  /** `undefined` where the record was added. */
  readonly versionFrom: number | undefined;
  /** `undefined` where the record was removed. */
  readonly versionTo: number | undefined;
  /** By the writer's clock: for people. Nothing is ordered by it. */
  readonly writtenAt: Date;
  /** All values of a record that was added; none of one that was removed. */
  readonly changeSet: ChangeSet;
}

/** Port: what was written to the records whose history is kept. */
export interface History {
  /** All writes of one record, oldest first. */
  historyOf<R extends AnyRecordType>(type: R, id: IdOf<R>, options?: WaitOptions): Promise<readonly HistoryEntry[]>;
  /**
   * The next writes after `cursor`: all that were committed before the call, at most `limit`, so that a page with fewer has
   * reached the end. Each is given exactly once to who goes on from the cursor that is returned. None is ever skipped, however late it is committed; writes of one record come in their order.
   *
   * @param cursor 0 for the beginning
   */
  changesSince(
    cursor: number,
    limit: number,
    options?: WaitOptions,
  ): Promise<{ entries: readonly HistoryEntry[]; cursor: number }>;
}

/**
 * An outbox that starts anywhere would skip writes.
 *
 * @throws InvalidValueError
 */
export function requirePage(cursor: number, limit: number): void {
  requireArguments("history", { cursor: [cursor, aWholeNumberFrom(0)], limit: [limit, aWholeNumberFrom(1)] });
}

const someEntries = rule("an array of history entries", (entries) => {
  return (
    Array.isArray(entries) &&
    entries.every((entry: Partial<HistoryEntry> | null) => aChangeSet(entry?.changeSet) === undefined)
  );
});

/** One write of one attribute, entry or JSON member. */
export interface Authorship {
  readonly entry: HistoryEntry;
  readonly change: Change;
}

/**
 * Who changed an attribute or collection, latest first: `whoChanged(await history.historyOf(imageType, id), "name")`.
 *
 * @param subject an attribute, a collection, or one place as `changePath` writes it (`properties["foo"]`)
 */
export function whoChanged(history: readonly HistoryEntry[], subject: string): Authorship[] {
  requireArguments("history", { history: [history, someEntries], subject: [subject, someText] });
  return history
    .flatMap((entry) => entry.changeSet.changes.map((change) => ({ entry, change })))
    .filter(({ change }) => {
      const name = "attribute" in change ? change.attribute : change.collection;
      return name === subject || changePath(change) === subject;
    })
    .reverse();
}
