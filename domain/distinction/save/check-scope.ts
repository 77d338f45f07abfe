import { aPlainObject, arrayOf } from "../arguments.js";
import { InvalidValueError, type Fault } from "../errors.js";
import type { EntryScope } from "../record/record-state.js";
import type { AnyRecordType, Collections } from "../types/record-type.js";

const someKeys = arrayOf("an array of text keys", (key) => typeof key === "string");

/**
 * Why a caller's scope is none of this record type: a misspelt collection would load everything instead of a part. Entities
 * have arrays of children, in which what is missing would be taken for removed.
 */
export function scopeFaults({ name: record, collections, shape }: AnyRecordType, scope: EntryScope = {}): Fault[] {
  const odd = aPlainObject(scope);
  if (odd !== undefined) return [{ path: "scope", reason: odd }];
  return Object.entries(scope as Record<string, unknown>).flatMap(([name, keys]) => {
    if (shape !== undefined) return [{ path: `scope.${name}`, reason: "an entity is loaded with all of its children" }];
    if (!Object.hasOwn(collections as Collections, name)) {
      return [{ path: `scope.${name}`, reason: `unknown collection of ${record}` }];
    }
    const reason = keys === undefined ? undefined : someKeys(keys);
    return reason === undefined ? [] : [{ path: `scope.${name}`, reason }];
  });
}

/** @throws InvalidValueError */
export function checkScope(type: AnyRecordType, scope: EntryScope | undefined): void {
  if (scope === undefined) return;
  const faults = scopeFaults(type, scope);
  if (faults.length > 0) throw new InvalidValueError(type.name, faults);
}
