import { idFrom, idText, type RecordId } from "../../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { InsertOutcome, TakenId } from "../../../domain/distinction/record-store.js";
import { selectTaken } from "./batch-statements.js";
import { insertBatch } from "./batch-writer.js";
import { batches } from "./batches.js";
import type { DatabaseAccess } from "../connection/database.js";
import { refuseAlike } from "./ids-alike.js";
import type { Dialect } from "../connection/dialect.js";
import { writeAllEntries } from "./entry-writer.js";
import { requireTakenStates } from "./server-limits.js";
import { compareKeys } from "./record-locks.js";
import { decodedId, insertRecord } from "./record-statements.js";
import { DuplicateKeyError } from "../connection/server-error.js";
import type { Session } from "../connection/session.js";
import type { TableLayout } from "./table-layout.js";
import { insertUnlessRemoved } from "./tombstone-statements.js";

/** How often an insertion is sent again whose key was taken by a record that is gone by then. */
const MOST_REPETITIONS = 20;

/** Undoes the insertion of records of which one has the id of a removed one. */
class IdOfRemoved extends Error {}

/** Stores a new record; see `RecordStore.insert`. */
export async function insertOne(
  database: DatabaseAccess,
  layout: TableLayout,
  state: RecordState,
): Promise<InsertOutcome> {
  requireTakenStates(layout, [state]);
  const { tombstones } = layout.table;
  const statement =
    tombstones === undefined ? insertRecord(layout, state) : insertUnlessRemoved(layout, tombstones, state);
  const isAlone = Object.values(state.collections).every((entries) => entries.size === 0);
  const [taken] = await insertedOrTaken(database, layout, [state], async (stored) => {
    if (isAlone) {
      if ((await database.session((session) => session.run(statement))) === 0) throw new IdOfRemoved();
      return;
    }
    await database.transaction(async (session) => {
      stored(false); // it may be run again
      if ((await session.run(statement)) === 0) throw new IdOfRemoved();
      stored(true);
      await writeAllEntries(session, layout, [state]);
    });
  });
  if (taken === undefined) return "applied";
  return taken.isDeleted ? "deleted" : "duplicate";
}

/** Why a record is not to be stored, as of the moment when it would be. */
export type Refusal<T> = (session: Session, dialect: Dialect) => Promise<T | undefined>;

/** Stores a new record in one transaction with a look at what it rests on, unless that answers a refusal. */
export function insertUnless<T>(
  database: DatabaseAccess,
  layout: TableLayout,
  state: RecordState,
  refusal: Refusal<T>,
): Promise<"applied" | T> {
  requireTakenStates(layout, [state]);
  return database.transaction(async (session) => {
    const refused = await refusal(session, layout.dialect);
    if (refused !== undefined) return refused;
    await session.run(insertRecord(layout, state));
    await writeAllEntries(session, layout, [state]);
    return "applied";
  });
}

/**
 * Stores new records all or none; answers the ids that are taken.
 *
 * @param transaction runs work all or none in the database, with whatever else belongs to it
 */
export async function insertAll(
  database: DatabaseAccess,
  layout: TableLayout,
  states: readonly RecordState[],
  transaction: (work: (session: Session) => Promise<void>) => Promise<void> = (work) => database.transaction(work),
): Promise<readonly TakenId[]> {
  requireTakenStates(layout, states);
  const sorted = [...states].sort((left, right) => compareKeys(idOf(layout, left), idOf(layout, right)));
  return insertedOrTaken(database, layout, states, (stored) =>
    transaction(async (session) => {
      stored(false); // it may be run again
      await refuseRemoved(session, layout, sorted);
      await insertBatch(session, layout, sorted);
      stored(true);
      await writeAllEntries(session, layout, sorted);
    }),
  );
}

/**
 * Runs an insertion; answers the ids that are taken. Where a key is taken and nobody is found to have it, its owner was
 * removed in between: it is free, and the insertion is sent again. Where who is found has another id to us, and the same to
 * the server (an entity's key whose collation ignores case), there is no record under that id: the error says so. So it is
 * where two of `states` are one to the server; see `refuseAlike`.
 *
 * @param insertion tells whether the records' own rows are stored: what fails behind them is not about their keys
 */
async function insertedOrTaken(
  database: DatabaseAccess,
  layout: TableLayout,
  states: readonly RecordState[],
  insertion: (stored: (are: boolean) => void) => Promise<void>,
): Promise<readonly TakenId[]> {
  let areStored = false;
  for (let repetitions = 0; ; repetitions++) {
    try {
      await insertion((are) => (areStored = are));
      return [];
    } catch (error) {
      if (areStored || !(error instanceof IdOfRemoved || isKeyTaken(error, layout))) throw error;
      const ids = states.map((state) => idOf(layout, state));
      const found = await foundAmong(database, layout, ids);
      const taken = ids.flatMap((id) => found.get(idText(id)) ?? []);
      if (taken.length > 0) return taken;
      if (found.size > 0 || repetitions === MOST_REPETITIONS) throw error;
      if (ids.length > 1) await database.session((session) => refuseAlike(session, layout, ids));
    }
  }
}

/** Locks the places that removed records with these ids would have: nobody removes one before all is stored. */
async function refuseRemoved(session: Session, layout: TableLayout, states: readonly RecordState[]): Promise<void> {
  const { tombstones } = layout.table;
  if (tombstones === undefined) return;
  const ids = states.map((state) => idOf(layout, state));
  const name = layout.dialect.quote(tombstones.name);
  if ((await selectedIds(session, layout, ids, name, true)).length > 0) throw new IdOfRemoved();
}

/** Whether a record's own key is what is taken, and not another unique index of its table. */
function isKeyTaken(error: unknown, { table, key }: TableLayout): boolean {
  const columns = key.map(({ attribute }) => table.columns[attribute]!);
  return error instanceof DuplicateKeyError && error.isPrimaryOf(table.name, columns);
}

/** Who has one of `ids`, as far as the server can tell them apart, by what the id is to us. */
async function foundAmong(
  database: DatabaseAccess,
  layout: TableLayout,
  ids: readonly RecordId[],
): Promise<ReadonlyMap<string, TakenId>> {
  const { tombstones } = layout.table;
  const tables = [layout.name, ...(tombstones === undefined ? [] : [layout.dialect.quote(tombstones.name)])];
  const found = new Map<string, TakenId>();
  await database.session(async (session) => {
    for (const name of tables) {
      const rows = await selectedIds(session, layout, ids, name, database.hasFixedView);
      for (const one of rows) found.set(idText(one.id), one);
    }
  });
  return found;
}

async function selectedIds(
  session: Session,
  layout: TableLayout,
  ids: readonly RecordId[],
  name: string,
  lock: boolean,
): Promise<readonly TakenId[]> {
  const found: TakenId[] = [];
  for (const some of batches(ids, layout.key.length, (id) => idText(id).length)) {
    for (const [isDeleted, ...key] of await session.rows(selectTaken(layout, some, name, lock))) {
      found.push({ id: decodedId(layout, key), isDeleted: Number(isDeleted) === 1 });
    }
  }
  return found;
}

function idOf({ table }: TableLayout, { attributes }: RecordState): RecordId {
  return idFrom(table.type, attributes);
}
