import { rule } from "../arguments.js";
import { attribute, type AttributeType } from "./attribute-type.js";
import { dateMilliseconds } from "./date-milliseconds.js";
import { describeValue, typeName } from "./type-name.js";
import { requireParameters } from "./type-parameters.js";

/** What servers take for DATETIME. */
export const INSTANT_MIN = Date.UTC(1000, 0, 1);
export const INSTANT_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const zeroOrThree = rule("0 or 3", (value) => value === 0 || value === 3);

/** A point in time (UTC), as a `Date`; truncated to whole seconds (`fraction` 0) or milliseconds (3). */
export function instant(fraction: 0 | 3 = 3): AttributeType<Date> {
  requireParameters("instant", { fraction: [fraction, zeroOrThree] });
  const unit = fraction === 0 ? 1000 : 1;
  return attribute<Date>(
    { kind: "instant", fraction },
    {
      fault: (value) => {
        const time = dateMilliseconds(value);
        if (time === undefined) return `a Date, got ${typeName(value)}`;
        if (time >= INSTANT_MIN && time <= INSTANT_MAX) return undefined;
        return `a valid Date in the years 1000 to 9999, got ${describeValue(value)}`;
      },
      // Kept as a number: a Date is mutable, and a state must not change under anybody's hands.
      capture: (value) => Math.floor(dateMilliseconds(value)! / unit) * unit,
      expose: (value) => new Date(value as number),
    },
  );
}
