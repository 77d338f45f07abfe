import type { Change, JsonSet } from "./change.js";
import { setAt } from "./json-path.js";
import { JsonText, type JsonValue } from "./json-text.js";
import type { RecordState } from "./record-state.js";

/** The state that `changes` lead to from `state`, one version on. `state` itself stays as it is. */
export function apply(state: RecordState, changes: readonly Change[]): RecordState {
  const collections: Record<string, Map<string, unknown>> = {};
  for (const name of collectionsOf(changes)) collections[name] = new Map(state.collections[name]);
  applyEntries(collections, changes);
  return {
    version: state.version + 1,
    attributes: applyAttributes(state.attributes, changes),
    collections: { ...state.collections, ...collections },
  };
}

/** The attributes after `changes`. */
export function applyAttributes(
  attributes: RecordState["attributes"],
  changes: readonly Change[],
): RecordState["attributes"] {
  const after = { ...attributes };
  const documents = new Map<string, JsonValue>();
  for (const change of changes) {
    if (change.kind === "attribute.set") after[change.attribute] = change.to;
    else if (change.kind === "json.set") changeDocument(documents, attributes, change);
  }
  for (const [attribute, document] of documents) after[attribute] = new JsonText(JSON.stringify(document));
  return after;
}

function changeDocument(
  documents: Map<string, JsonValue>,
  attributes: RecordState["attributes"],
  { attribute, path, to }: JsonSet,
): void {
  const document = documents.get(attribute) ?? (attributes[attribute] as JsonText).parse();
  documents.set(attribute, document);
  setAt(document, path, to);
}

/** Puts and drops the entries of `changes` in `collections`, in place. */
export function applyEntries(
  collections: Readonly<Record<string, Map<string, unknown>>>,
  changes: readonly Change[],
): void {
  for (const change of changes) {
    if (change.kind === "entry.put") collections[change.collection]!.set(change.key, change.to);
    else if (change.kind === "entry.drop") collections[change.collection]!.delete(change.key);
  }
}

function collectionsOf(changes: readonly Change[]): Set<string> {
  return new Set(changes.flatMap((change) => ("collection" in change ? [change.collection] : [])));
}
