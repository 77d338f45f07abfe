import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { Database } from "../connection/database.js";
import { dropAllEntries } from "./entry-statements.js";
import { guardConditions } from "./guard-conditions.js";
import { deleteRecord, updateRecord } from "./record-statements.js";
import type { TableLayout } from "./table-layout.js";
import { markRemoved } from "./tombstone-statements.js";

/** Removes a record that still has the version of `base`; answers whether it did. */
export async function removeRecord(
  database: Pick<Database, "session" | "transaction">,
  layout: TableLayout,
  base: RecordState,
): Promise<boolean> {
  const guards = guardConditions(layout, base, "removal");
  const { tombstones } = layout.table;
  if (tombstones !== undefined) {
    return database.session(async (session) => (await session.run(markRemoved(layout, tombstones, base, guards))) > 0);
  }
  const clinging = [...layout.entries.values()].filter(({ table }) => table.dropWithRecord === true);
  if (clinging.length === 0) {
    return database.session(async (session) => (await session.run(deleteRecord(layout, base, guards))) > 0);
  }
  return database.transaction(async (session) => {
    // Locks the record and checks its version; the entries go first, or their foreign key would refuse the rest.
    if ((await session.run(updateRecord(layout, base, [], base.attributes, guards))) === 0) return false;
    for (const entries of clinging) await session.run(dropAllEntries(entries, base));
    return (await session.run(deleteRecord(layout, { ...base, version: base.version + 1 }))) > 0;
  });
}
