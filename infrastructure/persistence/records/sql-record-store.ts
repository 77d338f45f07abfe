import { apply } from "../../../domain/distinction/diff/apply.js";
import type { Change } from "../../../domain/distinction/diff/change.js";
import type { ChangeSet } from "../../../domain/distinction/diff/change-set.js";
import { requireArguments } from "../../../domain/distinction/arguments.js";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { PlannedStatement } from "../../../domain/distinction/save/explanation.js";
import type { StoreQuery } from "../../../domain/distinction/list-query.js";
import type { Patience } from "../../../domain/distinction/save/patience.js";
import type { Moments } from "../../../domain/distinction/record/moments.js";
import { idFrom, idText, type RecordId } from "../../../domain/distinction/record/record-id.js";
import type { EntryScope, RecordState } from "../../../domain/distinction/record/record-state.js";
import type {
  ApplyOutcome,
  BatchOutcome,
  DecideAll,
  InsertOutcome,
  RecordStore,
  RecordWrite,
  StorePage,
  TakenId,
} from "../../../domain/distinction/record-store.js";
import type { Attributes } from "../../../domain/distinction/types/record-type.js";
import { applyBatch } from "./batch-store.js";
import { aDatabase, Database, type DatabaseAccess } from "../connection/database.js";
import { HurriedDatabase } from "../connection/hurried-database.js";
import { writeEntries } from "./entry-writer.js";
import { requireTaken } from "./server-limits.js";
import { chosenIndex } from "./list-filters.js";
import { selectManyLinked } from "./list-links.js";
import { selectMarker, selectPage } from "./list-statements.js";
import { insertAll, insertOne, insertUnless, type Refusal } from "./record-insertion.js";
import { PlannedDatabase } from "./planned-database.js";
import { refused, unfilterable } from "./refused-records.js";
import { removeRecord } from "./record-removal.js";
import { selectVersion } from "./record-statements.js";
import { fullLock, readParts, readRecords, type ReadRecords } from "./record-reader.js";
import { aRecordTable, type RecordTable } from "./record-table.js";
import { updateByChanges } from "./record-update.js";
import { updateWithEntry } from "./record-with-entry.js";
import type { Row, Session, Statement } from "../connection/session.js";
import type { TableLayout } from "./table-layout.js";

/** A record type's rows in a database. The version is checked in the statement that raises it, never before. */
export class SqlRecordStore implements RecordStore {
  constructor(
    protected readonly database: DatabaseAccess,
    readonly table: RecordTable,
  ) {
    requireArguments("record store", { database: [database, aDatabase], table: [table, aRecordTable] });
  }

  async load(ids: readonly RecordId[], scope?: EntryScope): Promise<(RecordState | undefined)[]> {
    if (ids.length === 0) return [];
    const layout = await this.ready();
    const { states, torn } = await this.database.session((session) => readRecords(session, layout, ids, scope));
    for (const id of torn) {
      const state = await this.#loadLocked(layout, id, scope);
      if (state !== undefined) states.set(idText(id), state);
    }
    return ids.map((id) => states.get(idText(id)));
  }

  async insert(state: RecordState): Promise<InsertOutcome> {
    const layout = await this.ready();
    return this.naming([this.#idOf(state)], () => insertOne(this.database, layout, state));
  }

  /** Stores a new record in one transaction with a look at what it rests on, unless that answers a refusal. */
  async insertUnless<T>(state: RecordState, refusal: Refusal<T>): Promise<"applied" | T> {
    const layout = await this.ready();
    return this.naming([this.#idOf(state)], () => insertUnless(this.database, layout, state, refusal));
  }

  async apply(base: RecordState, { changes }: ChangeSet, scope?: EntryScope): Promise<ApplyOutcome> {
    const layout = await this.ready();
    requireTaken(layout, [{ base, changes }]);
    const ids = [this.#idOf(base)];
    if (await this.naming(ids, () => this.#written(layout, base, changes))) return { kind: "applied" };
    const current = await this.current(layout, base, scope);
    if (current !== undefined) return current;
    // As `base` has it, but for an entry that was to change: somebody took it away and left the version. It is put again.
    if (await this.naming(ids, () => this.#writtenInParts(layout, base, changes))) return { kind: "applied" };
    return this.#unmatched(base);
  }

  async verify(base: RecordState, scope?: EntryScope): Promise<ApplyOutcome> {
    const layout = await this.ready();
    const rows = await this.database.session((session) => session.rows(this.#versionCheck(layout, base)));
    if (rows.length > 0) return { kind: "applied" };
    return (await this.current(layout, base, scope)) ?? this.#unmatched(base);
  }

  explain(base: RecordState, changes: ChangeSet): Promise<readonly PlannedStatement[]> {
    return this.planned(new PlannedDatabase(this.database), base, changes);
  }

  async revise(
    id: RecordId,
    decide: (current: RecordState) => readonly Change[],
    scope?: EntryScope,
  ): Promise<{ kind: "applied"; state: RecordState } | { kind: "missing" }> {
    const layout = await this.ready();
    const revised = async (session: Session): Promise<Awaited<ReturnType<RecordStore["revise"]>>> => {
      const current = this.locked(await readRecords(session, layout, [id], scope, fullLock(this.database)), id);
      if (current === undefined) return { kind: "missing" };
      const changes = decide(current);
      if (changes.length === 0) return { kind: "applied", state: current };
      requireTaken(layout, [{ base: current, changes }]);
      await session.run(this.#update(layout, current, changes));
      await writeEntries(session, layout, [{ base: current, changes }]);
      return { kind: "applied", state: apply(current, changes) };
    };
    return this.naming([id], () => this.database.transaction(revised));
  }

  async remove(base: RecordState): Promise<ApplyOutcome> {
    const layout = await this.ready();
    const removed = await this.naming([this.#idOf(base)], () => removeRecord(this.database, layout, base));
    if (removed) return { kind: "applied" };
    return (await this.current(layout, base)) ?? this.#unmatched(base);
  }

  async insertAll(states: readonly RecordState[]): Promise<readonly TakenId[]> {
    const layout = await this.ready();
    const ids = states.map((state) => this.#idOf(state));
    return this.naming(ids, () => insertAll(this.database, layout, states));
  }

  async applyAll(writes: readonly RecordWrite[], decide: DecideAll): Promise<BatchOutcome> {
    const layout = await this.ready();
    const ids = writes.map(({ base }) => this.#idOf(base));
    return this.naming(ids, () => applyBatch(this.database, layout, writes, decide));
  }

  async list(query: StoreQuery): Promise<StorePage> {
    const { limit, after, scope } = query;
    const layout = await this.ready();
    const read = async (session: Session) => {
      const rows = await pageRows(session, layout, query);
      const isLost = rows.length === 0 && after !== undefined;
      const found = !isLost || (await session.rows(selectMarker(layout, query, after))).length > 0;
      const { states } = await readParts(session, layout, rows.slice(0, limit), scope);
      const ids = rows.slice(0, limit).map((row) => rowId(layout, row));
      return { ids, states, more: rows.length > limit, found };
    };
    const page = this.database.session(read).catch((error: unknown) => {
      throw unfilterable(error, this.table, query);
    });
    const { ids, states, more, found } = await page;
    if (!found) return { kind: "no-marker" };
    const torn = ids.filter((id) => !states.has(idText(id)));
    const again = await this.load(torn, scope);
    torn.forEach((id, index) => again[index] && states.set(idText(id), again[index]));
    return { kind: "page", states: ids.flatMap((id) => states.get(idText(id)) ?? []), more };
  }

  /** One statement where that can write all that changes, else a transaction that the versioned update opens. */
  #written(layout: TableLayout, base: RecordState, changes: readonly Change[]): Promise<boolean> {
    if (!changes.some((change) => "collection" in change)) return this.#ran(this.#update(layout, base, changes));
    const withEntry = updateWithEntry(layout, base, changes);
    return withEntry === undefined ? this.#writtenInParts(layout, base, changes) : this.#ran(withEntry);
  }

  #ran(statement: Statement): Promise<boolean> {
    return this.database.session(async (session) => (await session.run(statement)) > 0);
  }

  #writtenInParts(layout: TableLayout, base: RecordState, changes: readonly Change[]): Promise<boolean> {
    const update = this.#update(layout, base, changes);
    return this.database.transaction(async (session) => {
      if ((await session.run(update)) === 0) return false;
      await writeEntries(session, layout, [{ base, changes }]);
      return true;
    });
  }

  #update(layout: TableLayout, base: RecordState, changes: readonly Change[]): Statement {
    return updateByChanges(layout, base, changes);
  }

  /** The statements that a write, or a check of guards, leaves in `database`. */
  protected async planned(
    database: PlannedDatabase,
    base: RecordState,
    changes: ChangeSet,
  ): Promise<readonly PlannedStatement[]> {
    const layout = await this.ready();
    if (changes.changes.length > 0) await new SqlRecordStore(database, this.table).apply(base, changes);
    else await database.session((session) => session.rows(this.#versionCheck(layout, base)));
    return database.statements;
  }

  /** Locks in a transaction: what it rests on must not change before it is committed. */
  #versionCheck(layout: TableLayout, base: RecordState): Statement {
    return selectVersion(layout, base, { lock: this.database.hasFixedView });
  }

  /** The database of this store, unless it is part of somebody's transaction. */
  get home(): Database | undefined {
    return this.database instanceof Database && !this.database.hasFixedView ? this.database : undefined;
  }

  get moments(): Moments | undefined {
    return this.database instanceof Database ? this.database.moments : undefined;
  }

  within(patience: Patience): RecordStore {
    if (!(this.database instanceof Database)) return this;
    return new SqlRecordStore(new HurriedDatabase(this.database, patience), this.table);
  }

  /** The same rows through `database`. */
  over(database: Database): SqlRecordStore {
    return new SqlRecordStore(database, this.table);
  }

  /** The record among those that were read under a lock. A transaction that locks first sees all parts as of then. */
  protected locked({ states }: ReadRecords, id: RecordId): RecordState | undefined {
    return states.get(idText(id));
  }

  /** What the record is now, read outside the view of the transaction that found it changed; `undefined` where it did not. */
  protected async current(
    layout: TableLayout,
    base: RecordState,
    scope?: EntryScope,
  ): Promise<Exclude<ApplyOutcome, { kind: "applied" }> | undefined> {
    const id = idFrom(this.table.type, base.attributes);
    const seen = await this.#newest(layout, id, scope);
    // Where somebody left a transaction open on the connection, a plain read shows what was stored when that began: it may lack the
    // record, or have it as it was before.
    const isNewer = seen !== undefined && seen.version > base.version;
    const current = isNewer ? seen : await this.#loadLocked(layout, id, scope);
    if (current === undefined) return { kind: "missing" };
    return this.#isSame(base, current) ? undefined : { kind: "stale", current };
  }

  /** A statement matched no row, and yet the row is there unchanged: nothing we do would ever succeed. */
  #unmatched(base: RecordState): never {
    const name = `${this.table.type.name} ${idText(this.#idOf(base))}`;
    const message = `${name}: version ${base.version} is stored, but cannot be matched`;
    throw new DistinctionError("CORRUPT_RECORD", message);
  }

  /** What is stored now, even where a transaction still shows what was stored when it began. */
  async #newest(layout: TableLayout, id: RecordId, scope?: EntryScope): Promise<RecordState | undefined> {
    if (this.database.hasFixedView) return this.#loadLocked(layout, id, scope);
    const [state] = await this.load([id], scope);
    return state;
  }

  /** The version alone does not tell: a guard may have failed on a row that somebody changed without raising it. */
  #isSame(base: RecordState, current: RecordState): boolean {
    if (current.version !== base.version) return false;
    const attributes = Object.entries(this.table.type.attributes as Attributes);
    return attributes.every(([name, type]) => type.same(base.attributes[name], current.attributes[name]));
  }

  /** Waits for the writers that kept tearing an optimistic read apart. */
  async #loadLocked(layout: TableLayout, id: RecordId, scope?: EntryScope): Promise<RecordState | undefined> {
    return this.database.transaction(async (session) => {
      return this.locked(await readRecords(session, layout, [id], scope, fullLock(this.database)), id);
    });
  }

  /** Runs a write of these records, and tells of them where the database refuses it. */
  protected async naming<T>(ids: readonly RecordId[], write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      throw refused(error, this.table, ids);
    }
  }

  #idOf({ attributes }: RecordState): RecordId {
    return idFrom(this.table.type, attributes);
  }

  protected ready(): Promise<TableLayout> {
    return this.database.layout(this.table);
  }
}

/** The rows of a page, of what the query's view lists. */
async function pageRows(session: Session, layout: TableLayout, query: StoreQuery): Promise<readonly Row[]> {
  if (query.view?.kinds.length === 0) return [];
  const link = query.view?.kinds.find(({ linked }) => linked !== undefined)?.linked;
  const isMany = link !== undefined && (await session.rows(selectManyLinked(layout, link))).length > 0;
  const chosen = await chosenIndex(session, layout, query);
  return session.rows(selectPage(layout, query, { isMany, chosen }));
}

/** The id in a row that has the columns of `selectRecords`: the version, then the attributes. */
function rowId(layout: TableLayout, row: Row): RecordId {
  return layout.key.map((column) => column.codec.decode(row[1 + layout.columns.indexOf(column)]) as string | number);
}
