import type { Change, JsonSet } from "./change.js";
import { arrange } from "../record/entry-order.js";
import { roundedNumbers } from "../json/json-digits.js";
import { setAt } from "../json/json-path.js";
import { spliced } from "../json/json-splice.js";
import { JsonText } from "../json/json-text.js";
import type { JsonValue } from "../json/json-value.js";
import type { RecordState } from "../record/record-state.js";

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
  return changedAttributes(attributes, changes, { ...attributes });
}

/** Of the attributes after `changes`, those that these name, in `after`. */
export function changedAttributes(
  attributes: RecordState["attributes"],
  changes: readonly Change[],
  after: Record<string, unknown> = {},
): RecordState["attributes"] {
  let documents: Map<string, JsonValue> | undefined;
  for (const change of changes) {
    if (change.kind === "attribute.set") after[change.attribute] = change.to;
    else if (change.kind === "json.set") {
      documents ??= new Map<string, JsonValue>();
      changeDocument(documents, after, attributes, change);
    }
  }
  if (documents === undefined) return after;
  for (const [attribute, document] of documents) after[attribute] = new JsonText(JSON.stringify(document));
  return after;
}

function changeDocument(
  documents: Map<string, JsonValue>,
  after: Record<string, unknown>,
  attributes: RecordState["attributes"],
  { attribute, path, to }: JsonSet,
): void {
  const before = (after[attribute] ?? attributes[attribute]) as JsonText;
  if (roundedNumbers(before.text).size > 0) {
    after[attribute] = new JsonText(spliced(before.text, path, to === undefined ? undefined : JSON.stringify(to)));
    return;
  }
  // Its numbers may have been spliced away: then the document is what that left, no more what the change set began with.
  const document = documents.get(attribute) ?? before.parse();
  documents.set(attribute, document);
  setAt(document, path, to);
}

/** Puts, drops and orders the entries of `changes` in `collections`, in place. */
export function applyEntries(
  collections: Readonly<Record<string, Map<string, unknown>>>,
  changes: readonly Change[],
): void {
  for (const change of changes) {
    if (change.kind === "entry.put") collections[change.collection]!.set(change.key, change.to);
    else if (change.kind === "entry.drop") collections[change.collection]!.delete(change.key);
    else if (change.kind === "list.order") arrange(collections[change.collection]!, change.to);
  }
}

function collectionsOf(changes: readonly Change[]): Set<string> {
  return new Set(changes.flatMap((change) => ("collection" in change ? [change.collection] : [])));
}
