import {
  aFunction,
  aPlainObject,
  optionFaults,
  rule,
  someGroups,
  someNames,
  someText,
  type Rules,
} from "../arguments.js";
import { anAttributeType } from "./attribute-rules.js";
import type { CollectionType } from "./collection-type.js";
import { DistinctionError } from "../errors.js";

const DEFINITION: Rules = {
  name: rule("a name", (name) => typeof name === "string" && /^[^\p{Cc}]+$/u.test(name)),
  key: rule("an attribute's name, or an array of such", (key) => {
    return typeof key === "string" || (someNames(key) === undefined && (key as string[]).length > 0);
  }),
  attributes: aPlainObject,
  collections: aPlainObject,
  policies: aPlainObject,
  groups: someGroups,
  stamp: someText,
  validate: aFunction,
  guards: aFunction,
};

/** Whatever `recordType` made, and nothing that only has its name. */
export const aRecordType = rule("a record type, as recordType makes it", (type) => {
  const { name, attributes, collections } = (type ?? {}) as Partial<Record<string, unknown>>;
  return typeof name === "string" && aPlainObject(attributes) === undefined && aPlainObject(collections) === undefined;
});

const aCollectionType = rule("a collection type, such as setOf(text(100))", (type) => {
  return ["map", "set", "list"].includes((type as CollectionType | null)?.kind as string);
});

/**
 * Checks the form of what `recordType` is given.
 *
 * @throws DistinctionError `INVALID_RECORD_TYPE` naming every part that is missing, unknown, or of another kind
 */
export function requireDefinition(definition: unknown): void {
  const faults = optionFaults(DEFINITION, definition, "definition");
  const given = (faults.length > 0 ? {} : definition) as Partial<Record<string, Readonly<Record<string, unknown>>>>;
  for (const needed of ["name", "key", "attributes"]) {
    if (faults.length === 0 && given[needed] === undefined) faults.push({ path: needed, reason: "is needed" });
  }
  for (const [name, type] of Object.entries(given.attributes ?? {})) {
    const reason = anAttributeType(type);
    if (reason !== undefined) faults.push({ path: name, reason });
  }
  for (const [name, type] of Object.entries(given.collections ?? {})) {
    const reason = aCollectionType(type);
    if (reason !== undefined) faults.push({ path: name, reason });
  }
  if (faults.length === 0) return;
  const { name } = (definition ?? {}) as { readonly name?: unknown };
  const subject = typeof name === "string" ? `record type ${name}` : "record type";
  const reasons = faults.map(({ path, reason }) => `${path}: ${reason}`).join("; ");
  throw new DistinctionError("INVALID_RECORD_TYPE", `${subject}: ${reasons}`);
}
