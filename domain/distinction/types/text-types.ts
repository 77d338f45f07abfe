import { aWholeNumberFrom } from "../arguments.js";
import { attribute, type AttributeType } from "./attribute-type.js";
import { describeValue, typeName } from "./type-name.js";
import { requireParameters } from "./type-parameters.js";

/** Text of at most `max` characters (Unicode code points). NUL and lone surrogates are refused: databases differ on them. */
export function text(max: number): AttributeType<string> {
  requireParameters("text", { max: [max, aWholeNumberFrom(0)] });
  return attribute<string>({ kind: "text", max }, { fault: (value) => textFault(value, max) });
}

export function textFault(value: unknown, max: number): string | undefined {
  if (typeof value !== "string") return `text, got ${typeName(value)}`;
  if (value.length > max) {
    const length = codePoints(value);
    if (length > max) return `at most ${max} characters, got a string of ${length}`;
  }
  if (value.includes("\0")) return "text without NUL characters, got a string with some";
  return value.isWellFormed() ? undefined : "well-formed Unicode, got a string with a lone surrogate";
}

function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

/** One of a closed list of words. */
export function oneOf<const W extends string>(...values: readonly W[]): AttributeType<W> {
  requireParameters("oneOf", { values: [values, someWords] });
  return attribute<W>(
    { kind: "enum", values },
    {
      fault: (value) =>
        (values as readonly unknown[]).includes(value)
          ? undefined
          : `one of ${values.join(", ")}, got ${describeValue(value)}`,
    },
  );
}

function someWords(values: unknown): string | undefined {
  const words = values as readonly unknown[];
  const odd = words.find((word) => textFault(word, Infinity) !== undefined);
  if (odd !== undefined) return `words, got ${describeValue(odd)}`;
  return words.length === 0 ? "words, got none" : undefined;
}
