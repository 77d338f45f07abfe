import { attribute, type AttributeType } from "./attribute-type.js";
import { jsonFault } from "../json/json-fault.js";
import { JsonText } from "../json/json-text.js";
import type { JsonValue } from "../json/json-value.js";

/** Any JSON value. It is diffed by path; nested mutation is noticed. `T` is the caller's word for its shape. */
export function json<T = JsonValue>(): AttributeType<T> {
  return attribute<T>(
    { kind: "json" },
    {
      fault: jsonFault,
      capture: (value) => new JsonText(JSON.stringify(value)),
      expose: (value) => (value as JsonText).parse() as T,
      same: (left, right) => (left as JsonText).equals(right as JsonText),
    },
  );
}
