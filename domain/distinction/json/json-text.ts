import { DistinctionError } from "../errors.js";
import { type JsonValue, sameJson } from "./json-value.js";

/**
 * A JSON value as immutable text, parsed only when somebody looks: once to show it in an object, and once by each save of
 * that object, which looks for changes inside it. Two stored values are compared by text first, so that one which nobody
 * else wrote is not parsed to merge with others, nor to show what they stored.
 */
export class JsonText {
  constructor(readonly text: string) {}

  /**
   * A fresh copy of the value, safe to hand out for mutation.
   *
   * @throws DistinctionError `CORRUPT_RECORD` where the text is no JSON: another writer's, in a column of text
   */
  parse(): JsonValue {
    try {
      return JSON.parse(this.text) as JsonValue;
    } catch {
      // Without its cause: the parser's message quotes the text, which may be secret.
      throw new DistinctionError("CORRUPT_RECORD", "what is stored as JSON is none");
    }
  }

  /** Equality of the values: key order and white space do not count. */
  equals(other: JsonText): boolean {
    return this.text === other.text || sameJson(this.parse(), other.parse());
  }

  toJSON(): JsonValue {
    return this.parse();
  }
}
