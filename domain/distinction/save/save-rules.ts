import { type Fault, InvalidValueError } from "../errors.js";
import type { RebaseRules } from "../merge/rebase.js";
import { strangers } from "../record/strangers.js";
import type { AnyRecordType, Collections } from "../types/record-type.js";
import type { SaveRequest } from "./save-options.js";

/**
 * What the options say about merging. A guard that names nothing would guard nothing, and force nothing: misspelt ones
 * are refused.
 *
 * @throws InvalidValueError
 */
export function saveRules(
  type: AnyRecordType,
  { mode = "merge", expect = [], force = [], derived = false }: SaveRequest,
): RebaseRules {
  const collections = type.collections as Collections;
  const forced = force.map((subject) => (typeof subject === "string" ? subject : subject[0]));
  const faults = [...unknownIn(type, "expect", expect), ...unknownIn(type, "force", forced)];
  for (const subject of force) {
    const name = typeof subject === "string" ? subject : subject[0];
    const isEntry = typeof subject !== "string";
    if (Object.hasOwn(collections, name) === isEntry || collections[name]?.kind === "list") continue;
    const reason = isEntry ? "is no collection: force it by its name" : "is a collection: force [collection, key]";
    faults.push({ path: name, reason });
  }
  if (faults.length > 0) throw new InvalidValueError(type.name, faults);
  return { mode, expect, force, derived };
}

function unknownIn(type: AnyRecordType, option: string, names: readonly string[]): Fault[] {
  return strangers(type, names).map(({ path, reason }) => ({ path, reason: `${reason}, in ${option}` }));
}

/** Whether a save has something to check even where it has nothing to write. */
export function isGuarded({ mode, expect }: RebaseRules): boolean {
  return mode === "strict" || expect.length > 0;
}
