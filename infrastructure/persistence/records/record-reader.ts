import { DistinctionError } from "../../../domain/distinction/errors.js";
import { idFrom, idText, type RecordId } from "../../../domain/distinction/record/record-id.js";
import type { EntryScope, RecordState } from "../../../domain/distinction/record/record-state.js";
import { compactObject } from "../../../domain/distinction/record/compact-object.js";
import { selectEntries } from "./entry-statements.js";
import { selectRecords } from "./record-statements.js";
import type { Row, Session } from "../connection/session.js";
import type { EntryLayout, TableLayout } from "./table-layout.js";

interface MutableState extends RecordState {
  readonly collections: Record<string, Map<string, unknown>>;
}

export interface ReadRecords {
  readonly states: Map<string, RecordState>;
  /** Records that another writer changed between our statements: their parts do not belong together. */
  readonly torn: readonly RecordId[];
}

/**
 * What a read locks: nothing; the records' own rows, which is enough where the transaction begins with that; or their
 * entries, too, where its plain reads may be older than the lock.
 */
export type ReadLock = "none" | "records" | "entries";

/** What to lock so that what is read is what is stored, whether or not the transaction has read before. */
export function fullLock({ hasFixedView }: { readonly hasFixedView: boolean }): ReadLock {
  return hasFixedView ? "entries" : "records";
}

/**
 * Reads records with one statement for their own rows and one per collection; never a cross product. No transaction is
 * needed: every row of entries tells the version that it was read under, and a version differs if and only if another
 * writer came between.
 */
export async function readRecords(
  session: Session,
  layout: TableLayout,
  ids: readonly RecordId[],
  scope?: EntryScope,
  lock: ReadLock = "none",
): Promise<ReadRecords> {
  const records = await session.rows(selectRecords(layout, ids, { lock: lock !== "none" }));
  return readParts(session, layout, records, scope, lock);
}

/** The records of rows that have the columns of `selectRecords`, in their order, with their entries. */
export async function readParts(
  session: Session,
  layout: TableLayout,
  records: readonly Row[],
  scope?: EntryScope,
  lock: ReadLock = "none",
): Promise<ReadRecords> {
  const states = new Map<string, MutableState>();
  const found: RecordId[] = [];
  for (const row of records) {
    const state = readState(layout, row);
    const id = idFrom(layout.table.type, state.attributes);
    states.set(idText(id), state);
    found.push(id);
  }
  const torn = new Map<string, RecordId>();
  if (found.length > 0) {
    for (const entries of layout.entries.values()) {
      for (const keys of keyBatches(scope?.[entries.collection])) {
        const rows = await session.rows(selectEntries(layout, entries, found, keys, lock === "entries"));
        readEntries(layout, entries, rows, states, torn);
      }
    }
  }
  for (const text of torn.keys()) states.delete(text);
  return { states, torn: [...torn.values()] };
}

/** Keys asked for in one statement: SQLite takes 32,766 parameters. */
const MOST_KEYS = 20_000;

/** The keys in batches; once `undefined` where all entries are asked for. */
function* keyBatches(keys: readonly string[] | undefined): Generator<readonly string[] | undefined> {
  if (keys === undefined || keys.length <= MOST_KEYS) yield keys;
  else for (let start = 0; start < keys.length; start += MOST_KEYS) yield keys.slice(start, start + MOST_KEYS);
}

function readState(layout: TableLayout, row: Row): MutableState {
  const attributes = compactObject(layout, () => layout.columns.map(({ attribute }) => attribute));
  let index = 1;
  for (const { attribute, codec } of layout.columns) attributes[attribute] = codec.decode(row[index++]);
  const collections: Record<string, Map<string, unknown>> = {};
  for (const name of layout.entries.keys()) collections[name] = new Map();
  const version = Number(row[0]);
  if (!Number.isSafeInteger(version + 1)) throw outOfVersions(layout, attributes);
  return { version, attributes, collections };
}

/** One more, and two versions would be read as the same number. */
function outOfVersions({ table: { type } }: TableLayout, attributes: MutableState["attributes"]): DistinctionError {
  const message = `${type.name} ${idText(idFrom(type, attributes))}: its version leaves no room for another write`;
  return new DistinctionError("CORRUPT_RECORD", message);
}

function readEntries(
  layout: TableLayout,
  { collection, type, fields }: EntryLayout,
  rows: readonly Row[],
  states: ReadonlyMap<string, MutableState>,
  torn: Map<string, RecordId>,
): void {
  const width = layout.key.length;
  const seen = new Set<string>();
  for (const row of rows) {
    const id = layout.key.map((column, index) => column.codec.decode(row[index]) as string | number | bigint);
    const text = idText(id);
    const state = states.get(text)!;
    seen.add(text);
    if (Number(row[width]) !== state.version) torn.set(text, id);
    const key = row[width + 1] as string | number | null;
    if (key === null) continue; // the outer join's row of a record without entries
    const values = fields.map((field, index) => field.codec.decode(row[width + 2 + index]));
    state.collections[collection]!.set(String(key), type.join(values));
  }
  for (const [text, { attributes }] of states) {
    if (!seen.has(text)) torn.set(text, idFrom(layout.table.type, attributes)); // deleted meanwhile
  }
}
