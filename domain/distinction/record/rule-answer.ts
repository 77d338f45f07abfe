import { InvalidValueError } from "../errors.js";
import type { AnyRecordType } from "../types/record-type.js";
import { typeName } from "../types/type-name.js";

/**
 * What a record type's own function answered: an array, or nothing.
 *
 * @throws InvalidValueError where it is something else, such as a promise: rules are asked where nobody waits
 */
export function ruleAnswer<T>(type: AnyRecordType, rule: "guards" | "validate", answer: unknown): readonly T[] {
  if (answer === undefined || answer === null) return [];
  if (Array.isArray(answer)) return answer as T[];
  void Promise.resolve(answer).catch(() => undefined); // of one that is refused, nobody is told twice
  const reason = `has to answer an array, and at once, got ${typeName(answer)}`;
  throw new InvalidValueError(type.name, [{ path: rule, reason }]);
}
