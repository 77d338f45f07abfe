import { aWholeNumberFrom, rule } from "../arguments.js";
import { attribute, type AttributeType } from "./attribute-type.js";
import { describeValue, typeName } from "./type-name.js";
import { requireParameters } from "./type-parameters.js";

const aSafeInteger = rule("a safe integer", Number.isSafeInteger);

/** A whole number between `min` and `max`, by default the range of JavaScript's safe integers. */
export function integer(min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): AttributeType<number> {
  requireParameters("integer", { min: [min, aSafeInteger], max: [max, aSafeInteger] });
  requireParameters("integer", { max: [max, aWholeNumberFrom(min)] });
  return attribute<number>(
    { kind: "integer", min, max },
    {
      fault: (value) => {
        if (typeof value !== "number") return `an integer, got ${typeName(value)}`;
        if (!Number.isSafeInteger(value)) return `an integer, got ${describeValue(value)}`;
        return value < min || value > max ? `between ${min} and ${max}, got ${describeValue(value)}` : undefined;
      },
      capture: (value) => (value as number) + 0, // -0 becomes 0, as in every integer column
    },
  );
}

export const BIGINT_MIN = -(2n ** 63n);
export const BIGINT_MAX = 2n ** 63n - 1n;

/** A signed 64-bit integer, as a JavaScript `bigint`. */
export function bigint(): AttributeType<bigint> {
  return attribute<bigint>(
    { kind: "bigint" },
    {
      fault: (value) => {
        if (typeof value !== "bigint") return `a bigint, got ${typeName(value)}`;
        const fits = value >= BIGINT_MIN && value <= BIGINT_MAX;
        return fits ? undefined : `between ${BIGINT_MIN} and ${BIGINT_MAX}, got ${describeValue(value)}`;
      },
    },
  );
}

/** What servers take for DECIMAL. */
const MOST_DIGITS = 65;
const MOST_FRACTION_DIGITS = 30;

/** A decimal number as text, `precision` digits of which `scale` after the point. Excess digits are refused, not rounded. */
export function decimal(precision: number, scale: number): AttributeType<string> {
  requireParameters("decimal", { precision: [precision, aWholeNumberFrom(1, MOST_DIGITS)] });
  requireParameters("decimal", { scale: [scale, aWholeNumberFrom(0, Math.min(precision, MOST_FRACTION_DIGITS))] });
  const whole = precision - scale;
  const pattern = new RegExp(`^-?(?=\\d)0*\\d{0,${whole}}${scale > 0 ? `(\\.\\d{1,${scale}})?` : ""}$`);
  return attribute<string>(
    { kind: "decimal", precision, scale },
    {
      isDecimal: true,
      fault: (value) => {
        if (typeof value === "string" && pattern.test(value)) return undefined;
        const digits = `at most ${whole} digits${scale > 0 ? ` and ${scale} after the point` : ""}`;
        return `decimal text of ${digits}, got ${describeValue(value)}`;
      },
      capture: (value) => canonicalDecimal(value as string, scale),
    },
  );
}

/** `"-007.5"` at scale 2 becomes `"-7.50"`, as a DECIMAL column returns it. */
function canonicalDecimal(value: string, scale: number): string {
  const negative = value.startsWith("-");
  const [whole = "0", fraction = ""] = (negative ? value.slice(1) : value).split(".");
  const digits = whole.replace(/^0+(?=\d)/, "");
  const padded = scale > 0 ? `${digits}.${fraction.padEnd(scale, "0")}` : digits;
  return negative && /[1-9]/.test(padded) ? `-${padded}` : padded;
}

export function boolean(): AttributeType<boolean> {
  return attribute<boolean>(
    { kind: "boolean" },
    { fault: (value) => (typeof value === "boolean" ? undefined : `true or false, got ${typeName(value)}`) },
  );
}
