import { InvalidValueError, type Fault } from "./errors.js";
import type { EntryScope } from "./record-state.js";
import type { AnyRecordType, Collections } from "./record-type.js";

/** Why a caller's scope is none of this record type: a misspelt collection would load everything instead of a part. */
export function scopeFaults({ name: record, collections }: AnyRecordType, scope: EntryScope = {}): Fault[] {
  return Object.entries(scope as Record<string, unknown>).flatMap(([name, keys]) => {
    if (!Object.hasOwn(collections as Collections, name)) {
      return [{ path: `scope.${name}`, reason: `unknown collection of ${record}` }];
    }
    const isKeys = keys === undefined || (Array.isArray(keys) && keys.every((key) => typeof key === "string"));
    return isKeys ? [] : [{ path: `scope.${name}`, reason: "an array of text keys is needed here" }];
  });
}

/** @throws InvalidValueError */
export function checkScope(type: AnyRecordType, scope: EntryScope | undefined): void {
  if (scope === undefined) return;
  const faults = scopeFaults(type, scope);
  if (faults.length > 0) throw new InvalidValueError(type.name, faults);
}
