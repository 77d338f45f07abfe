import type { JsonValue } from "./json-value.js";

/** A copy that shares nothing with `value`; `undefined` stands for "not there". */
export function jsonCopy(value: JsonValue | undefined): JsonValue | undefined {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as JsonValue);
}
