import type { Change } from "../distinction/diff/change.js";
import type { ChangeSet } from "../distinction/diff/change-set.js";
import type { StoreQuery } from "../distinction/list-query.js";
import type { Patience } from "../distinction/save/patience.js";
import { idFrom, type RecordId } from "../distinction/record/record-id.js";
import type { EntryScope, RecordState } from "../distinction/record/record-state.js";
import {
  storeBy,
  storeWithin,
  type ApplyOutcome,
  type BatchOutcome,
  type DecideAll,
  type InsertOutcome,
  type RecordStore,
  type RecordWrite,
  type StorePage,
  type TakenId,
} from "../distinction/record-store.js";
import { mayChange, mayGet, type Caller } from "./caller.js";
import { asListedFor } from "./caller-view.js";
import { forbidden, OWNER_ALONE } from "./forbidden.js";
import { imageType, type Image } from "./image-type.js";
import type { MemberStatus } from "./member-type.js";
import { isServiceProperty } from "./property-name.js";

/**
 * The images' store as one caller has it: what the caller does not see is not there, whenever it is looked at, and
 * nothing is written to what is not the caller's. So every way of a repository to read, merge and write keeps to that.
 *
 * A write rests on the version of a state that was the caller's, and versions rise with every write: what became
 * somebody else's or private since then is stale, and looked at again.
 *
 * That an id is taken cannot be hidden; by whom, and whether that image is still there, is.
 */
export class CallersImageStore implements RecordStore {
  readonly explain?: NonNullable<RecordStore["explain"]>;

  /** @param members the records of the members of images */
  constructor(
    private readonly images: RecordStore,
    private readonly members: RecordStore,
    private readonly caller: Caller,
  ) {
    if (images.explain !== undefined) this.explain = (base, changes) => images.explain!(base, changes);
  }

  async load(ids: readonly RecordId[], scope?: EntryScope): Promise<(RecordState | undefined)[]> {
    const states = await this.images.load(ids, scope);
    const seen = await this.#seen(states.filter((state) => state !== undefined));
    return states.map((state) => (state !== undefined && seen.has(state) ? shown(state) : undefined));
  }

  async insert(state: RecordState): Promise<InsertOutcome> {
    this.#requireOwn([state]);
    const outcome = await this.images.insert(state);
    return outcome === "deleted" && !this.caller.isAdmin ? "duplicate" : outcome;
  }

  async apply(base: RecordState, changes: ChangeSet, scope?: EntryScope): Promise<ApplyOutcome> {
    return this.#changeable(await this.images.apply(base, changes, scope));
  }

  async verify(base: RecordState, scope?: EntryScope): Promise<ApplyOutcome> {
    const outcome = await this.images.verify(base, scope);
    if (outcome.kind !== "stale") return outcome;
    const seen = await this.#seen([outcome.current]);
    return seen.size > 0 ? { kind: "stale", current: shown(outcome.current) } : { kind: "missing" };
  }

  async revise(
    id: RecordId,
    decide: (current: RecordState) => readonly Change[],
    scope?: EntryScope,
  ): Promise<{ kind: "applied"; state: RecordState } | { kind: "missing" }> {
    const decided = (current: RecordState): readonly Change[] => {
      if (!this.#owns(current)) throw new NotTheirs(current);
      return decide(shown(current));
    };
    const outcome = await this.#unlessForeign(() => this.images.revise(id, decided, scope));
    if (outcome.kind === "missing") return { kind: "missing" };
    return { kind: "applied", state: shown(outcome.state) };
  }

  async remove(base: RecordState): Promise<ApplyOutcome> {
    return this.#changeable(await this.images.remove(base));
  }

  async insertAll(states: readonly RecordState[]): Promise<readonly TakenId[]> {
    this.#requireOwn(states);
    const taken = await this.images.insertAll(states);
    return this.caller.isAdmin ? taken : taken.map(({ id }) => ({ id, isDeleted: false }));
  }

  async applyAll(writes: readonly RecordWrite[], decide: DecideAll): Promise<BatchOutcome> {
    const outcome = await this.#unlessForeign(() =>
      this.images.applyAll(writes, (stale) => {
        const foreign = [...stale.values()].find((state) => !this.#owns(state));
        if (foreign !== undefined) throw new NotTheirs(foreign);
        return decide(allShown(stale));
      }),
    );
    return outcome.kind === "missing" ? outcome : { kind: "applied", merged: allShown(outcome.merged) };
  }

  /** Lists again where an image was taken from the caller's eyes between the list and the reading of its parts. */
  async list(query: StoreQuery): Promise<StorePage> {
    const listed = asListedFor(this.caller, query);
    for (;;) {
      const page = await this.images.list(listed);
      if (page.kind === "no-marker") return page;
      const seen = await this.#seen(page.states);
      if (seen.size === page.states.length) return { ...page, states: page.states.map(shown) };
    }
  }

  within(patience: Patience): CallersImageStore {
    return new CallersImageStore(storeWithin(this.images, patience), this.members, this.caller);
  }

  by(actor: string): CallersImageStore {
    return new CallersImageStore(storeBy(this.images, actor), this.members, this.caller);
  }

  /** Those that the caller may get. */
  async #seen(states: readonly RecordState[]): Promise<ReadonlySet<RecordState>> {
    const { caller } = this;
    const seen = new Set(states.filter((state) => mayGet(caller, imageOf(state), undefined)));
    const { owner } = caller;
    const shared = states.filter((state) => !seen.has(state) && imageOf(state).visibility === "shared");
    if (owner === null || shared.length === 0) return seen;
    const members = await this.members.load(shared.map(({ attributes }) => [attributes.id as string, owner]));
    for (const [index, state] of shared.entries()) {
      if (mayGet(caller, imageOf(state), members[index]?.attributes.status as MemberStatus | undefined))
        seen.add(state);
    }
    return seen;
  }

  #owns(state: RecordState): boolean {
    return mayChange(this.caller, imageOf(state));
  }

  #requireOwn(states: readonly RecordState[]): void {
    const foreign = states.find((state) => !this.#owns(state));
    if (foreign !== undefined) throw forbidden(foreign.attributes.id, "is to be its caller's own");
  }

  /** What is stale may no longer be the caller's. */
  async #changeable(outcome: ApplyOutcome): Promise<ApplyOutcome> {
    if (outcome.kind !== "stale") return outcome;
    if (this.#owns(outcome.current)) return { kind: "stale", current: shown(outcome.current) };
    return this.#refused(outcome.current);
  }

  /** @throws DistinctionError `FORBIDDEN` where the caller sees the image */
  async #refused(state: RecordState): Promise<Extract<BatchOutcome, { kind: "missing" }>> {
    const seen = await this.#seen([state]);
    if (seen.size > 0) throw forbidden(state.attributes.id, OWNER_ALONE);
    return { kind: "missing", ids: [idFrom(imageType, state.attributes)] };
  }

  /** Work that is undone where it meets an image that is not the caller's. */
  async #unlessForeign<T>(work: () => Promise<T>): Promise<T | Extract<BatchOutcome, { kind: "missing" }>> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NotTheirs) return this.#refused(error.state);
      throw error;
    }
  }
}

class NotTheirs extends Error {
  constructor(readonly state: RecordState) {
    super();
  }
}

function imageOf({ attributes }: RecordState): Pick<Image, "owner" | "visibility"> {
  return attributes as unknown as Pick<Image, "owner" | "visibility">;
}

/** A state without what services keep for themselves. */
function shown(state: RecordState): RecordState {
  const { properties } = state.collections;
  if (properties === undefined || ![...properties.keys()].some(isServiceProperty)) return state;
  const others = new Map([...properties].filter(([name]) => !isServiceProperty(name)));
  return { ...state, collections: { ...state.collections, properties: others } };
}

function allShown(states: ReadonlyMap<number, RecordState>): ReadonlyMap<number, RecordState> {
  return new Map([...states].map(([index, state]) => [index, shown(state)]));
}
