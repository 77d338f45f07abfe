import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { text } from "../../../domain/distinction/types/text-types.js";
import { describeValue, typeName } from "../../../domain/distinction/types/type-name.js";
import { textOfBytes } from "./entity-text.js";
import { codedValue, type ColumnValue } from "../records/column-value.js";

/** Entity values that are text in the database, but not simply what callers see. */

const asText = (captured: unknown): string => captured as string;

/** TypeORM's `simple-array`, and MySQL's SET where the words are given: an array kept as text, joined by commas. */
export function wordListValue(max: number, words?: readonly string[]): ColumnValue {
  const base = textOfBytes(max);
  const type: AttributeType<unknown[]> = {
    ...base,
    initial: undefined,
    fault: (value) => {
      if (!Array.isArray(value)) return `an array, got ${typeName(value)}`;
      const items = value as readonly unknown[];
      const odd = items.findIndex((item) => !["string", "number"].includes(typeof item) || String(item).includes(","));
      if (odd >= 0) return `an array of words or numbers without commas, got one with ${describeValue(items[odd])}`;
      const stranger = words && items.find((item) => !words.includes(String(item)));
      if (stranger !== undefined) return `an array of ${words!.join(", ")}, got one with ${describeValue(stranger)}`;
      if (items.length === 1 && items[0] === "")
        return "an array of words, got one empty word, which is read as no word";
      return base.fault(items.join(","));
    },
    capture: (value) => {
      const items = (value as unknown[]).map(String);
      // A SET has no order but the one it was declared with.
      return (words === undefined ? items : words.filter((word) => items.includes(word))).join(",");
    },
    expose: (captured) => (captured === "" ? [] : asText(captured).split(",")),
  };
  return codedValue(type, asText, String);
}

/** An enum's value: text in the database, a number to callers where the enum is numeric. */
export function enumValue(values: readonly (string | number)[]): ColumnValue {
  const type: AttributeType = {
    ...text(255),
    shape: { kind: "enum", values: values.map(String) },
    fault: (value) =>
      values.some((known) => known === value || String(known) === value)
        ? undefined
        : `one of ${values.join(", ")}, got ${describeValue(value)}`,
    capture: String,
    expose: (captured) => values.find((known) => String(known) === captured) ?? captured,
  };
  return codedValue(type, asText, String);
}
