import { anObject, aPlainObject, requireArguments } from "../arguments.js";
import { InvalidValueError, type Fault } from "../errors.js";
import { entryFault, givenEntries } from "./given-entries.js";
import { faceOf, recordFrom } from "./record.js";
import { idFrom, idText } from "./record-id.js";
import type { RecordState } from "./record-state.js";
import {
  keyNames,
  type AnyRecordType,
  type Attributes,
  type Collections,
  type NewRecordOf,
  type RecordOf,
} from "../types/record-type.js";
import { shownEntryPath } from "../diff/shown-path.js";
import { strangersIn } from "./strangers.js";

/** The version of a state before a repository gives it one; see `firstVersion`. */
const NO_VERSION_YET = 1;

/**
 * A record that is not stored yet; attributes that are left out start with their initial value.
 *
 * @throws InvalidValueError listing unknown attributes and every value that breaks a rule.
 */
export function newRecord<R extends AnyRecordType>(type: R, values: NewRecordOf<R>): RecordOf<R> {
  return recordFrom(type, newState(type, values));
}

/**
 * The state that a record's values make when it is added.
 *
 * @throws InvalidValueError listing unknown attributes and every value that is missing or breaks a rule.
 */
export function newState(type: AnyRecordType, given: object): RecordState {
  requireArguments(type.name, { record: [given, type.shape === undefined ? aPlainObject : anObject] });
  const faults: Fault[] = strangersIn(type, given);
  const values = faceOf(type, given);
  const attributes: Record<string, unknown> = {};
  for (const [name, attribute] of Object.entries(type.attributes as Attributes)) {
    const value = values[name] === undefined ? (type.shape?.initial(name) ?? attribute.initial) : values[name];
    const unfit = value === undefined ? "a value is required" : attribute.fault(value);
    if (unfit === undefined) attributes[name] = attribute.capture(value);
    const reason = unfit ?? attribute.excess?.(attributes[name]);
    if (reason !== undefined) faults.push({ path: name, reason });
  }
  const collections: Record<string, Map<string, unknown>> = {};
  for (const [name, collection] of Object.entries(type.collections as Collections)) {
    const captured = (collections[name] = new Map<string, unknown>());
    for (const [key, entry] of givenEntries(faults, name, collection, values[name] === undefined ? [] : values[name])) {
      const reason = entryFault(collection, key, entry);
      if (reason === undefined) captured.set(key, collection.entry.capture(entry));
      else faults.push({ path: shownEntryPath(name, collection, key), reason });
    }
  }
  if (faults.length > 0) throw new InvalidValueError(type.name, faults, idIn(type, attributes));
  return { version: NO_VERSION_YET, attributes, collections };
}

/** The id among values that were checked, unless it is at fault itself. */
function idIn(type: AnyRecordType, attributes: Readonly<Record<string, unknown>>): string | undefined {
  return keyNames(type).every((name) => name in attributes) ? idText(idFrom(type, attributes)) : undefined;
}
