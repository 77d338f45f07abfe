import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import type { Change } from "../../../domain/distinction/diff/change.js";
import type { Fault } from "../../../domain/distinction/errors.js";
import { JsonText } from "../../../domain/distinction/json/json-text.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { AnyRecordType, Attributes, Collections } from "../../../domain/distinction/types/record-type.js";
import { shownEntryPath } from "../../../domain/distinction/diff/shown-path.js";
import type { TableLayout } from "./table-layout.js";

/**
 * Most objects and arrays within one another that MariaDB takes for JSON (measured on 10.11; what it answers beyond is
 * "constraint failed"). MySQL takes 100, as `MAX_JSON_DEPTH`; SQLite 1,000.
 */
const MARIADB_DEPTH = 31;
const REASON = `JSON nested at most ${MARIADB_DEPTH} levels deep on MariaDB, got a document that is deeper`;

/** The documents among `changes` that only MariaDB refuses. */
export function depthFaults({ dialect, table: { type } }: TableLayout, changes: readonly Change[]): Fault[] {
  return dialect.name === "mariadb" ? changes.flatMap((change) => faultsOf(type, change)) : [];
}

/** The documents of a whole record that only MariaDB refuses. */
export function depthFaultsOf({ dialect, table: { type } }: TableLayout, state: RecordState): Fault[] {
  if (dialect.name !== "mariadb") return [];
  const attributes = Object.entries(state.attributes).flatMap(([path, value]) => (isDeep(value) ? [path] : []));
  const entries = Object.entries(state.collections).flatMap(([name, map]) =>
    [...map].flatMap(([key, entry]) => entryFaults(type, name, key, entry)),
  );
  return [...attributes.map((path) => ({ path, reason: REASON })), ...entries];
}

function faultsOf(type: AnyRecordType, change: Change): Fault[] {
  switch (change.kind) {
    case "attribute.set":
      return isDeep(change.to) ? [{ path: change.attribute, reason: REASON }] : [];
    case "json.set":
      return isDeepText(JSON.stringify(change.to) ?? "", change.path.length)
        ? [{ path: change.attribute, reason: REASON }]
        : [];
    case "entry.put":
      return entryFaults(type, change.collection, change.key, change.to);
    case "entry.drop":
    case "list.order":
      return [];
  }
}

function entryFaults(type: AnyRecordType, name: string, key: string, captured: unknown): Fault[] {
  const collection = (type.collections as Collections)[name]!;
  if (!holdsJson(collection.entry.fields)) return [];
  return collection.entry.split(captured).some(isDeep)
    ? [{ path: shownEntryPath(name, collection, key), reason: REASON }]
    : [];
}

function holdsJson(fields: Attributes): boolean {
  return Object.values(fields).some(({ shape }: AttributeType) => shape.kind === "json");
}

function isDeep(captured: unknown): boolean {
  return captured instanceof JsonText && isDeepText(captured.text);
}

function isDeepText(text: string, above = 0): boolean {
  return text.length > 2 * (MARIADB_DEPTH - above) && depthOf(text) > MARIADB_DEPTH - above;
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

function depthOf(text: string): number {
  let [depth, deepest, isText] = [0, 0, false];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isText) {
      if (code === BACKSLASH) index++;
      else if (code === QUOTE) isText = false;
    } else if (code === QUOTE) isText = true;
    else if (OPENING.has(code)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.has(code)) depth--;
  }
  return deepest;
}
