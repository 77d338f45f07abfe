import { InvalidValueError } from "../errors.js";
import type { AnyRecordType } from "../types/record-type.js";
import { typeName } from "../types/type-name.js";

/**
 * What a record type's own function answered: an array, or nothing.
 *
 * @param texts what each of the elements has to have as text
 * @throws InvalidValueError where it is something else, such as a promise: rules are asked where nobody waits
 */
export function ruleAnswer<T extends object>(
  type: AnyRecordType,
  rule: "guards" | "validate",
  answer: unknown,
  texts: readonly (keyof T & string)[],
): readonly T[] {
  if (answer === undefined || answer === null) return [];
  if (!Array.isArray(answer)) {
    void Promise.resolve(answer).catch(() => undefined); // of one that is refused, nobody is told twice
    throw oddAnswer(type, rule, `has to answer an array, and at once, got ${typeName(answer)}`);
  }
  for (const element of answer as (Partial<Record<string, unknown>> | null | undefined)[]) {
    if (texts.every((name) => typeof element?.[name] === "string")) continue;
    throw oddAnswer(type, rule, `has to answer objects with ${texts.join(" and ")} as text, got ${typeName(element)}`);
  }
  return answer as T[];
}

function oddAnswer(type: AnyRecordType, rule: string, reason: string): InvalidValueError {
  return new InvalidValueError(type.name, [{ path: rule, reason }]);
}
