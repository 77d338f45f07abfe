import { DistinctionError } from "../../../domain/distinction/errors.js";
import { idText, type RecordId } from "../../../domain/distinction/record/record-id.js";
import type { Session, Statement } from "../connection/session.js";
import { groupedBy } from "./grouped.js";
import { idParameters } from "./record-statements.js";
import type { TableLayout } from "./table-layout.js";

/** Ids that one statement compares: SQLite takes 500 parts in a UNION. */
const MOST_COMPARED = 400;

/**
 * Refuses records that are to be stored together and whose ids are one to the database alone: an entity's key whose collation
 * ignores case, accents or trailing spaces. To be asked once the database has said that one of their keys is taken.
 *
 * @throws DistinctionError `UNIQUE_VALUE_TAKEN` naming both
 */
export async function refuseAlike(session: Session, layout: TableLayout, ids: readonly RecordId[]): Promise<void> {
  const suspects = lookingAlike(ids).slice(0, MOST_COMPARED);
  if (suspects.length === 0) return;
  const [pair] = await session.rows(selectAlike(layout, suspects));
  if (pair === undefined) return;
  const [one, other] = pair.map((index) => idText(suspects[Number(index)]!));
  const message =
    `${layout.table.type.name} ${one} and ${other}: one id to the database, whose key ignores what tells them apart; ` +
    "nothing was written";
  throw new DistinctionError("UNIQUE_VALUE_TAKEN", message);
}

/** The ids that differ from others in case, accents and spaces alone: not a rule, but whom to ask the database about. */
function lookingAlike(ids: readonly RecordId[]): readonly RecordId[] {
  const alike = groupedBy(ids, (id) => id.map((part) => bare(String(part))).join("\0"));
  return [...alike.values()].filter((group) => group.length > 1).flat();
}

/** As collations of any strength below the last one may see a text. */
function bare(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toUpperCase().toLowerCase().trimEnd();
}

/**
 * The places in `ids` of two that are one. Values that are put under a column by UNION are compared as the column's are, without
 * its collation having to be known; so there is a first part, of no rows.
 */
function selectAlike(layout: TableLayout, ids: readonly RecordId[]): Statement {
  const keys = layout.key.map(({ name }) => name).join(", ");
  const values = layout.key.map(() => "?").join(", ");
  const parts = ids.map((_, place) => `SELECT ${place}, ${values}`).join(" UNION ALL ");
  const sql =
    `SELECT MIN(place), MAX(place) FROM (SELECT 0 AS place, ${keys} FROM ${layout.name} WHERE 1 = 0 UNION ALL ${parts}) ids ` +
    `GROUP BY ${keys} HAVING COUNT(*) > 1 LIMIT 1`;
  return { sql, parameters: idParameters(layout, ids), varying: true };
}
