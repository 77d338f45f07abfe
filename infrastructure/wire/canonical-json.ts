import { TufError } from "../../domain/tuf/errors.js";

/**
 * The canonical text of a value (OLPC canonical JSON as TUF 1.0.33 §4.1 uses it): members sorted by UTF-16 code units,
 * integers only, no white space, in strings only `"` and `\` escaped. Linear but for the sorting of keys.
 *
 * Text with control characters in strings is canonical, yet no JSON: `jsonText` makes it so.
 * @throws {TufError} INVALID_METADATA for what the form cannot hold
 */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return canonicalString(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (Number.isSafeInteger(value)) return String(value);
      break;
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
      return canonicalObject(value as Record<string, unknown>);
    default:
  }
  throw new TufError("INVALID_METADATA", `canonical JSON has no form for ${describe(value)}`);
}

/** Canonical text as valid JSON: control characters, which only strings can hold, become escapes. */
export function jsonText(canonical: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return canonical.replace(/[\u0000-\u001f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function canonicalObject(object: Record<string, unknown>): string {
  let text = "{";
  for (const key of Object.keys(object).sort()) {
    if (text.length > 1) text += ",";
    text += `${canonicalString(key)}:${canonicalText(object[key])}`;
  }
  return `${text}}`;
}

function canonicalString(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : `"${text}"`;
}

function describe(value: unknown): string {
  return typeof value === "number" ? `the number ${value}: integers of at most 53 bits only` : typeof value;
}
