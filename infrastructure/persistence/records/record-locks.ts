import { idText, type RecordId } from "../../../domain/distinction/record/record-id.js";
import { batches } from "./batches.js";
import type { Database } from "../connection/database.js";
import { whereIds } from "./record-statements.js";
import type { RecordTable } from "./record-table.js";
import type { Session, Statement } from "../connection/session.js";
import type { TableLayout } from "./table-layout.js";

/**
 * Locks records until the transaction ends: table by table in the order of names, each in the order of its primary key,
 * in which the server walks through a list of keys. Two that lock by this order never wait for each other.
 */
export async function lockRecords(
  session: Session,
  database: Database,
  records: ReadonlyMap<RecordTable, { readonly ids: ReadonlyMap<string, RecordId> }>,
): Promise<void> {
  if ((await database.dialect()).forUpdate === "") return; // the transaction has the file to itself
  const tables = [...records].sort(([left], [right]) => compare(left.name, right.name));
  for (const [table, { ids }] of tables) {
    const layout = await database.layout(table, session);
    const sorted = [...ids.values()].sort(compareKeys);
    for (const some of batches(sorted, layout.key.length, (id) => idText(id).length)) {
      await session.rows(selectLocked(layout, some));
    }
  }
}

function selectLocked(layout: TableLayout, ids: readonly RecordId[]): Statement {
  const where = whereIds(layout, ids);
  return {
    sql: `SELECT 1 FROM ${layout.name} WHERE ${where.sql}${layout.dialect.forUpdate}`,
    parameters: where.parameters,
    varying: ids.length > 1,
  };
}

/** Only where the list is cut in batches does this order count; within one, the server goes by its own. */
export function compareKeys(left: RecordId, right: RecordId): number {
  for (const [index, part] of left.entries()) {
    const other = right[index]!;
    if (part === other) continue;
    if (typeof part === "string" || typeof other === "string") return compareBytes(String(part), String(other));
    return part < other ? -1 : 1;
  }
  return 0;
}

/** As a binary collation does. JavaScript compares code units, which is the same unless there are surrogates. */
function compareBytes(left: string, right: string): number {
  if (SURROGATE.test(left) || SURROGATE.test(right)) return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return compare(left, right);
}

const SURROGATE = /[\ud800-\udfff]/;

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
