import { isAttributeType, type AttributeType, type ColumnShape } from "./attribute-type.js";
import { requireParameters } from "./type-parameters.js";
import { aFunction, rule as ruleFor } from "../arguments.js";
import { typeName } from "./type-name.js";
import { BIGINT_MAX, BIGINT_MIN } from "./number-types.js";

export const anAttributeType = ruleFor("an attribute type, such as text(255)", isAttributeType);

/** Also accepts `null`, and starts as `null`. */
export function nullable<T>(type: AttributeType<T>): AttributeType<T | null> {
  requireParameters("nullable", { type: [type, anAttributeType] });
  return {
    ...type,
    nullable: true,
    initial: type.initial ?? null,
    fault: (value) => (value === null ? undefined : type.fault(value)),
    capture: (value) => (value === null ? null : type.capture(value)),
    expose: (value) => (value === null ? null : type.expose(value)),
    same: (left, right) => left === right || (left !== null && right !== null && type.same(left, right)),
  };
}

/** Starts as `initial` when the caller names no value. */
export function withInitial<T>(type: AttributeType<T>, initial: T): AttributeType<T> {
  requireParameters("withInitial", { type: [type, anAttributeType] });
  requireParameters("withInitial", { initial: [initial, (value) => type.fault(value)] });
  return { ...type, initial };
}

/** Obeys a further rule: `rule` tells why a value that fits the type does not belong, or `undefined`. */
export function constrained<T>(type: AttributeType<T>, rule: (value: T) => string | undefined): AttributeType<T> {
  requireParameters("constrained", { type: [type, anAttributeType], rule: [rule, aFunction] });
  const ruled = {
    ...type,
    // Nullable types have no rule for null; for JSON it is a value like any other.
    fault: (value: unknown) => type.fault(value) ?? (value === null && type.nullable ? undefined : rule(value as T)),
  };
  return type.secret ? secret(ruled) : ruled; // what a rule says of a value may hold the value
}

/** Set when the record is added and refused to change afterwards. */
export function fixed<T>(type: AttributeType<T>): AttributeType<T> {
  requireParameters("fixed", { type: [type, anAttributeType] });
  return { ...type, fixed: true };
}

/** Kept out of messages, overlaps and debug output: a fault tells what is needed and the given value's type, never the value. */
export function secret<T>(type: AttributeType<T>): AttributeType<T> {
  requireParameters("secret", { type: [type, anAttributeType] });
  const needed = `${describeShape(type.shape)} that its rules allow`;
  const masked = (fault: string | undefined, given: () => unknown): string | undefined =>
    fault === undefined ? undefined : `${needed}, got ${typeName(given())}`;
  return {
    ...type,
    secret: true,
    fault: (value) => masked(type.fault(value), () => value),
    excess: (captured) => masked(type.excess?.(captured), () => type.expose(captured)),
  };
}

export function describeShape(shape: ColumnShape): string {
  switch (shape.kind) {
    case "text":
      return `well-formed text of at most ${shape.max} characters`;
    case "integer":
      return `an integer between ${shape.min} and ${shape.max}`;
    case "bigint":
      return `a bigint between ${BIGINT_MIN} and ${BIGINT_MAX}`;
    case "decimal":
      return `decimal text of at most ${shape.precision} digits, ${shape.scale} after the point`;
    case "binary":
      return `at most ${shape.max} bytes`;
    case "enum":
      return `one of ${shape.values.join(", ")}`;
    case "boolean":
      return "true or false";
    case "instant":
      return "a valid Date";
    case "json":
      return "plain JSON";
  }
}
