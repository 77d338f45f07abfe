import type { Pending } from "../../domain/tuf/tuf-store.js";
import { batches } from "./batches.js";
import type { Dialect } from "./dialect.js";
import type { Session } from "./session.js";
import { deletePending, HEAD_WIDTH, MOST_MERGED, raiseHead } from "./tuf-snapshot-statements.js";

/** Raises entries of the head to their metadata versions by role, with one statement but for very many. */
export async function raiseEntries(
  session: Session,
  dialect: Dialect,
  repository: string,
  changed: Iterable<readonly [role: string, metadataVersion: number]>,
  snapshotVersion: number,
): Promise<void> {
  for (const entries of batches(inByteOrder(changed), HEAD_WIDTH, ([role]) => role.length)) {
    await session.run(raiseHead(dialect, repository, entries, snapshotVersion));
  }
}

/** Deletes pending entries at exactly the versions that were merged, 500 per statement. */
export async function deleteMerged(session: Session, repository: string, merged: readonly Pending[]): Promise<void> {
  for (let start = 0; start < merged.length; start += MOST_MERGED) {
    await session.run(deletePending(repository, merged.slice(start, start + MOST_MERGED)));
  }
}

/** Rows are locked in the order in which they are written; role names are ASCII, so code units sort as bytes. */
function inByteOrder<T>(entries: Iterable<readonly [role: string, value: T]>): (readonly [string, T])[] {
  return [...entries].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}
