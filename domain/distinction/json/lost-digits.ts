import type { Change } from "../diff/change.js";
import type { EntryType } from "../types/collection-type.js";
import { losesDigits, roundedNumbers } from "./json-digits.js";
import { rawAt } from "./json-splice.js";
import { JsonText } from "./json-text.js";

/** Why a change cannot be written, where `changeLosesDigits`. */
export const DIGITS_LOST =
  "holds numbers of more digits than JavaScript keeps: written back as they were read, they would be rounded";

/** Whether a change of an attribute puts a number back that was rounded when it was read. */
export function changeLosesDigits(change: Change, original: unknown): boolean {
  if (!(original instanceof JsonText)) return false;
  if (change.kind === "attribute.set") return textLosesDigits(original, change.to);
  if (change.kind !== "json.set" || change.to === undefined) return false;
  if (roundedNumbers(original.text).size === 0) return false; // by far the most frequent case, and told without tokens
  return losesDigits(rawAt(original.text, change.path) ?? "", JSON.stringify(change.to));
}

/** `to` as it is written: a field that was not changed keeps the digits that were stored. */
export function entryWithDigits(entry: EntryType, from: unknown, to: unknown): unknown {
  if (from === undefined || to === undefined) return to;
  const before = entry.split(from);
  if (!before.some((value) => value instanceof JsonText && roundedNumbers(value.text).size > 0)) return to;
  return entry.join(entry.split(to).map((value, index) => withDigits(before[index], value)));
}

/** `to` as it is written: the same value keeps the digits that were stored. */
export function withDigits(from: unknown, to: unknown): unknown {
  return textLosesDigits(from, to) && (from as JsonText).equals(to as JsonText) ? from : to;
}

/** Whether an entry does so in one of its fields. */
export function entryLosesDigits(entry: EntryType, from: unknown, to: unknown): boolean {
  if (from === undefined || to === undefined || from === to) return false;
  const before = entry.split(from);
  return entry.split(to).some((value, index) => textLosesDigits(before[index], value));
}

export function textLosesDigits(from: unknown, to: unknown): boolean {
  return from instanceof JsonText && to instanceof JsonText && losesDigits(from.text, to.text);
}
