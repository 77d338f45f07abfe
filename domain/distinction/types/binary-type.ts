import { aWholeNumberFrom } from "../arguments.js";
import { attribute, type AttributeType } from "./attribute-type.js";
import { typeName } from "./type-name.js";
import { requireParameters } from "./type-parameters.js";

/** At most `max` bytes, as a `Uint8Array` (a `Buffer` is one). */
export function binary(max: number): AttributeType<Uint8Array> {
  requireParameters("binary", { max: [max, aWholeNumberFrom(0)] });
  return attribute<Uint8Array>(
    { kind: "binary", max },
    {
      fault: (value) => {
        if (!isBytes(value)) return `bytes (Uint8Array), got ${typeName(value)}`;
        return value.length > max ? `at most ${max} bytes, got a ${typeName(value)} of ${value.length}` : undefined;
      },
      capture: (value) => new Uint8Array(value as Uint8Array), // of a Buffer, a slice would be one, too
      expose: (value) => new Uint8Array(value as Uint8Array),
      same: (left, right) => sameBytes(left as Uint8Array, right as Uint8Array),
    },
  );
}

/** A proxy of bytes has their prototype, and none of their data. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && value instanceof Uint8Array;
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}
