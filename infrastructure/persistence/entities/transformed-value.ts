import { isDeepStrictEqual } from "node:util";
import type { ValueTransformer } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { typeName } from "../../../domain/distinction/types/type-name.js";
import type { ColumnValue } from "../records/column-value.js";

/** A transformed attribute inside a state: what is stored. An object of its own, so that no value of a caller equals it. */
class StoredValue {
  constructor(readonly raw: unknown) {}

  toJSON(): unknown {
    return this.raw;
  }
}

/** Text to any adapter that looks: no statement may calculate with what only the transformer understands. */
const OPAQUE = { kind: "text", max: 2 ** 30 } as const;

/**
 * A column behind TypeORM's transformers: callers have the transformed value, states and database the stored one. Two
 * stored values are the same if what callers see of them is: a cipher with a fresh nonce makes no change.
 */
export function transformedValue(
  { type, codec }: ColumnValue,
  transformer: ValueTransformer | readonly ValueTransformer[],
): ColumnValue {
  const transformers = "to" in transformer ? [transformer] : transformer;
  const to = (value: unknown): unknown => transformers.reduce<unknown>((given, each) => each.to(given), value) ?? null;
  const from = (raw: unknown): unknown => transformers.reduceRight<unknown>((given, each) => each.from(given), raw);
  const expose = (stored: unknown): unknown => {
    const raw = type.expose((stored as StoredValue).raw);
    try {
      return from(raw);
    } catch (cause) {
      // Whatever it says may hold the value.
      throw new DistinctionError("CORRUPT_RECORD", "a value that its transformer does not take", { cause });
    }
  };
  const isShownAlike = (left: unknown, right: unknown): boolean => {
    try {
      return isDeepStrictEqual(expose(left), expose(right));
    } catch {
      return false; // what callers cannot see is like nothing else
    }
  };
  const transformed: AttributeType = {
    ...type,
    shape: OPAQUE,
    isDecimal: false,
    initial: type.initial === undefined ? undefined : from(type.initial),
    fault: (value) => {
      try {
        return type.fault(to(value));
      } catch {
        return `a value that its transformer takes, got ${typeName(value)}`; // whatever it says may hold the value
      }
    },
    excess: (stored) => type.excess?.((stored as StoredValue).raw),
    capture: (value) => new StoredValue(type.capture(to(value))),
    expose,
    same: (left, right) =>
      type.same((left as StoredValue).raw, (right as StoredValue).raw) || isShownAlike(left, right),
  };
  return {
    type: transformed,
    codec: {
      ...codec,
      isJson: false,
      encode: (stored) => codec.encode((stored as StoredValue).raw),
      decode: (column) => new StoredValue(codec.decode(column)),
    },
  };
}
