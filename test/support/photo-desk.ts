import type { ChangeSet } from "../../domain/distinction/diff/change-set.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { EntryScope, RecordState } from "../../domain/distinction/record/record-state.js";
import type { ApplyOutcome, RecordStore } from "../../domain/distinction/record-store.js";
import type { RetrySettings } from "../../domain/distinction/save/retry.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "./fake-clock.js";
import { photoState, photoType, type NewPhoto, type Photo } from "./photo.js";

/** A store that counts what it is asked, and lets a test act before an attempt to write. */
export class WatchedStore implements RecordStore {
  readonly calls: string[] = [];
  /** Runs before every `apply`, with its number from 1 on. */
  beforeApply: (attempt: number) => void | Promise<void> = () => undefined;
  beforeRevise: () => void | Promise<void> = () => undefined;
  #attempts = 0;

  constructor(readonly inner: RecordStore) {}

  load(...args: Parameters<RecordStore["load"]>): ReturnType<RecordStore["load"]> {
    this.calls.push("load");
    return this.inner.load(...args);
  }

  insert(state: RecordState): ReturnType<RecordStore["insert"]> {
    this.calls.push("insert");
    return this.inner.insert(state);
  }

  async apply(base: RecordState, changes: ChangeSet, scope?: EntryScope): Promise<ApplyOutcome> {
    this.calls.push("apply");
    await this.beforeApply(++this.#attempts);
    return this.inner.apply(base, changes, scope);
  }

  verify(...args: Parameters<RecordStore["verify"]>): ReturnType<RecordStore["verify"]> {
    this.calls.push("verify");
    return this.inner.verify(...args);
  }

  async revise(...args: Parameters<RecordStore["revise"]>): ReturnType<RecordStore["revise"]> {
    this.calls.push("revise");
    await this.beforeRevise();
    return this.inner.revise(...args);
  }

  remove(base: RecordState): Promise<ApplyOutcome> {
    this.calls.push("remove");
    return this.inner.remove(base);
  }

  insertAll(...args: Parameters<RecordStore["insertAll"]>): ReturnType<RecordStore["insertAll"]> {
    this.calls.push("insertAll");
    return this.inner.insertAll(...args);
  }

  async applyAll(...args: Parameters<RecordStore["applyAll"]>): ReturnType<RecordStore["applyAll"]> {
    this.calls.push("applyAll");
    await this.beforeApply(++this.#attempts);
    return this.inner.applyAll(...args);
  }

  list(...args: Parameters<RecordStore["list"]>): ReturnType<RecordStore["list"]> {
    this.calls.push("list");
    return this.inner.list(...args);
  }
}

/** The stored photo `p1`, a repository on it, and other writers. */
export class PhotoDesk {
  readonly clock = new FakeClock();
  readonly memory = new MemoryRecordStore(photoType);
  readonly store = new WatchedStore(this.memory);
  readonly photos: DistinctRepository<typeof photoType>;
  readonly #others: DistinctRepository<typeof photoType>;

  private constructor(retry: Partial<RetrySettings>, type: typeof photoType) {
    const environment = { clock: this.clock, random: () => 0.5, firstVersion: () => 1, retry };
    this.photos = new DistinctRepository(type, this.store, environment);
    this.#others = new DistinctRepository(photoType, this.memory, environment);
  }

  static async with(
    values: NewPhoto = {},
    { retry = {}, type = photoType }: { retry?: Partial<RetrySettings>; type?: typeof photoType } = {},
  ): Promise<PhotoDesk> {
    const desk = new PhotoDesk(retry, type);
    await desk.memory.insert(photoState(values));
    return desk;
  }

  /** Another writer changes `p1`. */
  async other(change: (photo: Photo) => void): Promise<void> {
    await this.#others.update("p1", change);
  }

  async otherRemoves(): Promise<void> {
    await this.#others.remove(await this.#others.get("p1"));
  }

  /** `p1` as it is stored. */
  async stored(): Promise<RecordState> {
    const [state] = await this.memory.load([["p1"]]);
    if (state === undefined) throw new Error("p1 is not stored");
    return state;
  }
}
