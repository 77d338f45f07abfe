import { apply } from "../../../domain/distinction/diff/apply.js";
import type { Change } from "../../../domain/distinction/diff/change.js";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import { idFrom, idText, type RecordId } from "../../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { BatchOutcome, DecideAll, RecordWrite } from "../../../domain/distinction/record-store.js";
import { selectColumnTypes, selectVersions } from "./batch-statements.js";
import { batchStatements, sendBatch, type BatchStatement } from "./batch-writer.js";
import { batches } from "./batches.js";
import type { DatabaseAccess } from "../connection/database.js";
import type { RecordEdit } from "./entry-writes.js";
import { groupedBy } from "./grouped.js";
import { fullLock, readRecords, type ReadLock } from "./record-reader.js";
import { compareKeys } from "./record-locks.js";
import { decodedId } from "./record-statements.js";
import type { Session } from "../connection/session.js";
import type { TableLayout } from "./table-layout.js";

export interface BatchRules {
  /** Whether to write before anything is locked, in the hope that nothing is stale. */
  readonly optimistic: boolean;
  /** Called for each record found changed or gone, before anything is written; what it throws undoes the batch. */
  readonly stale: (id: RecordId) => void;
}

/** A `BatchOutcome` with all that was written, each on top of what was stored before. */
export type AppliedBatch =
  | (Extract<BatchOutcome, { kind: "applied" }> & { readonly written: readonly RecordEdit[] })
  | Extract<BatchOutcome, { kind: "missing" }>;

/** One record of a batch with its place in it. */
interface Place extends RecordWrite {
  readonly index: number;
  readonly id: RecordId;
}

/** Runs of a batch that the server gave up on before it locks all rows first: in one order, nobody deadlocks. */
const OPTIMISTIC_RUNS = 2;

/** Undoes a transaction that found some of its records stale. */
class StaleBatch extends Error {}

/** Writes records all or none: see `RecordStore.applyAll`. */
export async function applyBatch(
  database: DatabaseAccess,
  layout: TableLayout,
  given: readonly RecordWrite[],
  decide: DecideAll,
  { optimistic, stale }: BatchRules = { optimistic: true, stale: () => undefined },
): Promise<AppliedBatch> {
  const keyTypes = await keyTypesOf(database, layout);
  const places = given
    .map(({ base, changes, scope }, index) => {
      return { base, changes, scope, index, id: idFrom(layout.table.type, base.attributes) };
    })
    .sort((left, right) => compareKeys(left.id, right.id));
  const locked = (session: Session): Promise<AppliedBatch> =>
    writeLocked(session, layout, keyTypes, places, decide, { stale, lock: fullLock(database) });
  // A record without changes is there for its guards: no statement checks its version, so its row is locked.
  const isHopeful = optimistic && given.every(({ changes }) => changes.length > 0);
  const statements = isHopeful ? batchStatements(layout, keyTypes, places) : [];
  if (isHopeful && (await writtenOptimistically(database, statements))) {
    return { kind: "applied", merged: new Map(), written: places };
  }
  return database.transaction(locked);
}

/** A single statement is all or nothing by itself: it goes without BEGIN and COMMIT. */
async function writtenOptimistically(
  database: DatabaseAccess,
  statements: readonly BatchStatement[],
): Promise<boolean> {
  let runs = 0;
  const send = async (session: Session): Promise<boolean> =>
    ++runs <= OPTIMISTIC_RUNS && (await sendBatch(session, statements));
  if (statements.length === 1) return database.session(send);
  try {
    await database.transaction(async (session) => {
      if (!(await send(session))) throw new StaleBatch();
    });
    return true;
  } catch (error) {
    if (error instanceof StaleBatch) return false;
    throw error;
  }
}

/** A count told that some are stale, or may be. Under locks it is known which, and nobody else comes first any more. */
async function writeLocked(
  session: Session,
  layout: TableLayout,
  keyTypes: readonly string[] | undefined,
  places: readonly Place[],
  decide: DecideAll,
  { stale, lock }: Pick<BatchRules, "stale"> & { readonly lock: ReadLock },
): Promise<AppliedBatch> {
  const versions = await lockVersions(session, layout, places);
  const missing = places.filter(({ id }) => !versions.has(idText(id))).map(({ id }) => id);
  const losers = places.filter(({ id, base }) => versions.has(idText(id)) && versions.get(idText(id)) !== base.version);
  [...missing, ...losers.map(({ id }) => id)].forEach(stale);
  if (missing.length > 0) return { kind: "missing", ids: missing };
  const current = await readLocked(session, layout, losers, lock);
  const decided = losers.length === 0 ? new Map<number, readonly Change[]>() : decide(current);

  const writes: RecordEdit[] = [];
  const merged = new Map<number, RecordState>();
  for (const { index, base, changes } of places) {
    const now = current.get(index);
    const write = now === undefined ? { base, changes } : { base: now, changes: decided.get(index) ?? [] };
    if (write.changes.length > 0) writes.push(write);
    if (now !== undefined) merged.set(index, write.changes.length > 0 ? apply(now, write.changes) : now);
  }
  if (await sendBatch(session, batchStatements(layout, keyTypes, writes))) {
    return { kind: "applied", merged, written: writes };
  }
  // Locked, and of the version that was just read: nothing we do would ever succeed.
  const message = `${layout.table.type.name}: locked records cannot be matched by their versions`;
  throw new DistinctionError("CORRUPT_RECORD", message);
}

async function lockVersions(
  session: Session,
  layout: TableLayout,
  places: readonly Place[],
): Promise<ReadonlyMap<string, number>> {
  const versions = new Map<string, number>();
  for (const some of batches(places, layout.key.length, ({ id }) => idText(id).length)) {
    const statement = selectVersions(
      layout,
      some.map(({ id }) => id),
    );
    for (const [version, ...key] of await session.rows(statement)) {
      versions.set(idText(decodedId(layout, key)), Number(version));
    }
  }
  return versions;
}

/** The records as they are now, each with the entries that its own scope names. */
async function readLocked(
  session: Session,
  layout: TableLayout,
  losers: readonly Place[],
  lock: ReadLock,
): Promise<ReadonlyMap<number, RecordState>> {
  const current = new Map<number, RecordState>();
  for (const [scope, some] of groupedBy(losers, (place) => place.scope)) {
    const ids = some.map(({ id }) => id);
    const { states, torn } = await readRecords(session, layout, ids, scope, lock);
    if (torn.length > 0) {
      // The transaction's view is older than its locks: read once more, with nothing from that view.
      const { states: again } = await readRecords(session, layout, torn, scope, "entries");
      for (const [text, state] of again) states.set(text, state);
    }
    for (const { index, id } of some) {
      const state = states.get(idText(id));
      if (state !== undefined) current.set(index, state);
    }
  }
  return current;
}

const known = new WeakMap<TableLayout, { readonly types: readonly string[] | undefined }>();

/**
 * The key's column types as JSON_TABLE declares them, looked up once; `undefined` where it cannot stand for the table. To
 * be asked before a transaction begins: the look-up opens the view that plain reads have for the rest of it.
 */
export async function keyTypesOf(
  database: DatabaseAccess,
  layout: TableLayout,
): Promise<readonly string[] | undefined> {
  if (layout.dialect.name === "sqlite") return undefined;
  let found = known.get(layout);
  if (found === undefined) {
    const rows = await database.session((session) => session.rows(selectColumnTypes(layout)));
    known.set(layout, (found = { types: declaredTypes(layout, rows) }));
  }
  return found.types;
}

function declaredTypes(layout: TableLayout, rows: readonly (readonly unknown[])[]): readonly string[] | undefined {
  const types = layout.key.map(({ attribute }) => {
    const [, type, length, charset, collation] =
      rows.find(([name]) => String(name).toLowerCase() === layout.table.columns[attribute]!.toLowerCase()) ?? [];
    if (/^(tiny|small|medium|big)?int\b/i.test(String(type))) {
      return /unsigned/i.test(String(type)) ? "BIGINT UNSIGNED" : "BIGINT";
    }
    return /^(var)?char\b/i.test(String(type))
      ? `VARCHAR(${Number(length)}) CHARACTER SET ${String(charset)} COLLATE ${String(collation)}`
      : undefined;
  });
  return types.every((type) => type !== undefined) ? types : undefined;
}
