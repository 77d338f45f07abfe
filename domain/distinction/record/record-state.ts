/**
 * A record as it is, or was, in the store. Values are captured (see `AttributeType.capture`), hence immutable; the
 * whole may be shared freely.
 */
export interface RecordState {
  readonly version: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Captured entries by key. A collection that was not loaded is absent. */
  readonly collections: Readonly<Record<string, ReadonlyMap<string, unknown>>>;
}

/**
 * Which entries of which collections to load. A collection that is not named is loaded whole; a list of keys loads
 * just those, and the record then knows nothing of the others. `undefined` loads everything.
 */
export type EntryScope = Readonly<Partial<Record<string, readonly string[]>>>;

/** The part of a state that `scope` names, with entry maps of its own. */
export function within(state: RecordState, scope: EntryScope = {}): RecordState {
  const collections = Object.entries(state.collections).map(([name, entries]) => {
    const keys = scope[name];
    return [name, new Map(keys ? [...entries].filter(([key]) => keys.includes(key)) : entries)] as const;
  });
  return { ...state, collections: Object.fromEntries(collections) };
}
