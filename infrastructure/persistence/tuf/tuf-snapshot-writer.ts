import type { RaisedEntry } from "../../../domain/tuf/tuf-store.js";
import { batches } from "../records/batches.js";
import type { Dialect } from "../connection/dialect.js";
import type { Session } from "../connection/session.js";
import { DIFFERENCE_WIDTH, HEAD_WIDTH, insertDifferences, raiseHead } from "./tuf-snapshot-statements.js";

/** Raises entries of the head to their metadata versions by role, with one statement but for very many. */
export async function raiseEntries(
  session: Session,
  dialect: Dialect,
  repository: string,
  entries: Iterable<readonly [role: string, metadataVersion: number]>,
  snapshotVersion: number,
): Promise<void> {
  for (const some of batches(inByteOrder(entries), HEAD_WIDTH, ([role]) => role.length)) {
    await session.run(raiseHead(dialect, repository, some, snapshotVersion));
  }
}

/** Stores what a snapshot changed, with one statement but for very much. */
export async function writeDifferences(
  session: Session,
  repository: string,
  changed: ReadonlyMap<string, RaisedEntry>,
  snapshotVersion: number,
): Promise<void> {
  for (const some of batches(inByteOrder(changed), DIFFERENCE_WIDTH, ([role]) => role.length)) {
    await session.run(insertDifferences(repository, some, snapshotVersion));
  }
}

/** Rows are locked in the order in which they are written; role names are ASCII, so code units sort as bytes. */
function inByteOrder<T>(entries: Iterable<readonly [role: string, value: T]>): (readonly [string, T])[] {
  return [...entries].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}
