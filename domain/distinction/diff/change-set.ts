import { requireArguments, rule } from "../arguments.js";
import type { Change } from "./change.js";
import { pathText } from "../json/json-path.js";
import { idText, type RecordId } from "../record/record-id.js";

/**
 * What a caller changed since the record was loaded: a value to print, compare and test without a database. Canonical:
 * changes are keyed, sorted, and a value set back to its original is none. Only what is appended to a list comes in the
 * order of the list.
 */
export interface ChangeSet {
  /** Name of the record type. */
  readonly record: string;
  readonly id: RecordId;
  /** The version that the changes were made against. */
  readonly base: number;
  readonly changes: readonly Change[];
}

export function changeSet(record: string, id: RecordId, base: number, changes: readonly Change[]): ChangeSet {
  return Object.freeze({ record, id, base, changes: Object.freeze([...changes]) });
}

/** Where a change happened, as people read it: `name`, `metadata.size`, `properties["foo"]`, `locations.order`. */
export function changePath(change: Change): string {
  requireArguments("change set", { change: [change, aChange] });
  switch (change.kind) {
    case "attribute.set":
      return change.attribute;
    case "json.set":
      return `${change.attribute}${pathText(change.path)}`;
    case "entry.put":
    case "entry.drop":
      return entryPath(change.collection, change.key);
    case "list.order":
      return orderPath(change.collection);
  }
}

export function entryPath(collection: string, key: string): string {
  return `${collection}[${JSON.stringify(key)}]`;
}

/** The order of a list, as a place of its own. */
export function orderPath(list: string): string {
  return `${list}.order`;
}

const CHANGE_KINDS: readonly unknown[] = [
  "attribute.set",
  "json.set",
  "entry.put",
  "entry.drop",
  "list.order",
] satisfies Change["kind"][];

const aChange = rule("a change", (value) => CHANGE_KINDS.includes((value as Partial<Change> | null)?.kind));

export const aChangeSet = rule("a change set", (value) => {
  const { record, id, changes } = (value ?? {}) as Partial<Record<keyof ChangeSet, unknown>>;
  if (typeof record !== "string" || !Array.isArray(id) || !Array.isArray(changes)) return false;
  return changes.every((change) => aChange(change) === undefined);
});

/** `image 4f… @7: name, properties["foo"]` */
export function describeChangeSet(changeSet: ChangeSet): string {
  requireArguments("change set", { changeSet: [changeSet, aChangeSet] });
  const { record, id, base, changes } = changeSet;
  return `${record} ${idText(id)} @${base}: ${changes.map(changePath).join(", ") || "nothing"}`;
}
