import type { Change } from "../diff/change.js";
import { JsonText } from "../json/json-text.js";
import { MASKED } from "../diff/masked.js";
import type { Overlap } from "../merge/overlap.js";
import type { AnyRecordType, Attributes, Collections } from "../types/record-type.js";

/** The three sides as callers see values, or a placeholder where the attribute is secret. */
export function shownSides(
  type: AnyRecordType,
  change: Change,
  original: unknown,
  mine: unknown,
  theirs: unknown,
): Pick<Overlap, "original" | "mine" | "theirs"> {
  const show = shownValue(type, change);
  return { original: show(original), mine: show(mine), theirs: show(theirs) };
}

/** How a change's values are shown to callers. */
export function shownValue(type: AnyRecordType, change: Change): (value: unknown) => unknown {
  if (change.kind === "list.order") return (keys) => keys;
  if ("collection" in change) {
    const { entry } = (type.collections as Collections)[change.collection]!;
    const hidden = Object.values(entry.fields).some((field) => field.secret);
    return (value) => (value === undefined ? undefined : hidden ? MASKED : entry.expose(value));
  }
  const attribute = (type.attributes as Attributes)[change.attribute]!;
  if (attribute.secret) return () => MASKED;
  if (change.kind === "json.set") return (value) => (value instanceof JsonText ? value.parse() : value);
  return (value) => attribute.expose(value);
}
