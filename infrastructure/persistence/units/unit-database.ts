import type { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Patience } from "../../../domain/distinction/save/patience.js";
import { unitOver, unitRerun } from "../../../domain/distinction/unit/unit-errors.js";
import type { DatabaseAccess, Database } from "../connection/database.js";
import type { Dialect } from "../connection/dialect.js";
import { Mutex } from "../connection/mutex.js";
import type { RecordTable } from "../records/record-table.js";
import { DuplicateKeyError, errorMeaning, translated } from "../connection/server-error.js";
import type { Row, Session, Statement } from "../connection/session.js";
import type { TableLayout } from "../records/table-layout.js";

/**
 * What the stores of one run of a unit have instead of a database: the one connection of its transaction. Pieces of work
 * take turns on it, so that savepoints nest. Once a piece fails half done, or finds the run lost, the run is doomed:
 * it cannot be committed, whatever the unit's work makes of the error.
 */
export class UnitDatabase implements DatabaseAccess {
  readonly hasFixedView = true;
  readonly #turns = new Mutex();
  readonly #writes = new Set<Promise<unknown>>();
  #isOpen = true;
  #wrote = false;
  #doom: { readonly error: unknown; readonly rerun: boolean } | undefined;

  constructor(
    private readonly database: Database,
    private readonly connection: Session,
    private readonly patience: Patience | undefined,
  ) {}

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get wrote(): boolean {
    return this.#wrote;
  }

  /** Why this run must not be committed, and whether the unit should run again. */
  get doom(): { readonly error: unknown; readonly rerun: boolean } | undefined {
    return this.#doom;
  }

  /** Ends the run as lost to another writer. */
  lose(reason: string): DistinctionError {
    const error = unitRerun(reason);
    this.#doom ??= { error, rerun: true };
    return error;
  }

  /** What was written cannot stand without what failed: the run must not be committed. */
  spoil(error: unknown): void {
    this.#doom ??= { error, rerun: false };
  }

  /** Lets what was begun come to its end, and nothing more begin. */
  async end(): Promise<void> {
    this.#isOpen = false;
    await Promise.allSettled(this.#writes);
    await this.#turns.run(() => Promise.resolve());
  }

  /** A write of several pieces, e.g. of a record and of its history, that the unit's end is not to come between. */
  async write<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isOpen) throw unitOver();
    const write = work();
    this.#writes.add(write);
    try {
      return await write;
    } finally {
      this.#writes.delete(write);
    }
  }

  dialect(): Promise<Dialect> {
    return this.database.dialect();
  }

  layout(table: RecordTable): Promise<TableLayout> {
    return this.database.layout(table, {
      rows: (statement) => this.session((session) => session.rows(statement)),
      run: (statement) => this.session((session) => session.run(statement)),
    });
  }

  session<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.transaction(work);
  }

  /** As part of the unit's transaction. A piece that fails before it changed anything leaves the unit as it was. */
  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (!this.#isOpen && this.#writes.size === 0) throw unitOver();
    return this.#turns.run(async () => {
      this.#requireSound();
      const watched = new WatchedSession(this.connection, () => this.#requireSound());
      try {
        return await work(watched);
      } catch (error) {
        throw this.#failed(error, watched.changed);
      } finally {
        this.#wrote ||= watched.changed;
      }
    });
  }

  #failed(error: unknown, changed: boolean): unknown {
    const told = translated(error, this.database.address);
    if (errorMeaning(error) === "gave-up") return this.lose("the database gave up on its transaction");
    const harmless = told instanceof DuplicateKeyError || told === error;
    if (!harmless || changed) this.spoil(told);
    return told;
  }

  #requireSound(): void {
    if (this.#doom !== undefined) throw this.#doom.error;
    try {
      this.patience?.check();
    } catch (error) {
      this.spoil(error);
      throw error;
    }
  }
}

class WatchedSession implements Session {
  changed = false;

  constructor(
    private readonly inner: Session,
    private readonly before: () => void,
  ) {}

  rows(statement: Statement): Promise<readonly Row[]> {
    this.before();
    return this.inner.rows(statement);
  }

  async run(statement: Statement): Promise<number> {
    this.before();
    const count = await this.inner.run(statement);
    if (count > 0) this.changed = true;
    return count;
  }
}
