import { InvalidValueError } from "../../../domain/distinction/errors.js";
import type { DatabaseAccess } from "../connection/database.js";
import { decodedId } from "./record-statements.js";
import type { RecordTable } from "./record-table.js";
import { deleteMarked, insertTombstones, selectMarked, selectMarkedLocked } from "./tombstone-statements.js";

/** Most records at a time: with the entries of each, as many rows as one statement should delete. */
const MOST = 50;

/**
 * Moves the rows of removed records to the table of these, and deletes their entries: at most `most`, in pieces. Answers how
 * many it found.
 *
 * A piece is copied in one transaction and deleted afterwards: at no time does an id stand in neither table, under any
 * isolation level, so that nobody gets it again. Whoever dies in between leaves rows that the next purge finds.
 */
export async function purgeRemoved(database: DatabaseAccess, table: RecordTable, most: number): Promise<number> {
  const { tombstones } = table;
  if (tombstones === undefined) return 0;
  if (!Number.isSafeInteger(most) || most < 1) {
    throw new InvalidValueError(table.type.name, [{ path: "most", reason: "a whole number of at least 1" }]);
  }
  const layout = await database.layout(table);
  for (let purged = 0; ;) {
    const asked = Math.min(MOST, most - purged);
    const rows = await database.session((session) => session.rows(selectMarked(layout, tombstones, asked)));
    const ids = rows.map((row) => decodedId(layout, row));
    if (ids.length > 0) {
      await database.transaction(async (session) => {
        await session.rows(selectMarkedLocked(layout, tombstones, ids));
        await session.run(insertTombstones(layout, tombstones, ids));
      });
      await database.session((session) => session.run(deleteMarked(layout, tombstones, ids)));
    }
    purged += ids.length;
    if (ids.length < asked || purged === most) return purged;
  }
}
