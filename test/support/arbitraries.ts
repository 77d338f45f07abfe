import fc from "./fast-check.js";
import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import type { NewPhoto } from "./photo.js";

/** Names that plain objects and arrays have already, and others that trip naive code. */
export const HOSTILE_NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "length",
  "0",
  "",
  " ",
  "a.b",
  'a"]["b',
  "𝒳😀",
  "é",
  "then",
];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_NAMES, "a", "b"),
  fc.string({ unit: "grapheme", maxLength: 5 }).filter((text) => !text.includes("\0") && text.isWellFormed()),
);

/** Few names, so that both sides of a merge meet on them. */
const memberName = fc.constantFrom("a", "b", "0", "length", "__proto__", "constructor", "toString", "");

/** An object whose members are its own, `__proto__` included. */
export function objectOf(members: readonly (readonly [string, JsonValue])[]): { [name: string]: JsonValue } {
  const object: { [name: string]: JsonValue } = {};
  for (const [name, value] of members) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return object;
}

const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue[]>(null, true, false, 0, -0, 1, -1.5, 1e21, "", "x"),
  hostileText,
);

/** JSON of modest size with hostile member names. */
export const jsonValue: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(memberName, tie("value")), { maxLength: 4 }).map(objectOf),
  ),
})).value;

export const jsonObject: fc.Arbitrary<JsonValue> = fc
  .array(fc.tuple(memberName, jsonValue), { maxLength: 4 })
  .map(objectOf);

/** A JSON value near another one: some members replaced, removed or added. */
export function jsonNear(base: JsonValue): fc.Arbitrary<JsonValue> {
  if (typeof base !== "object" || base === null || Array.isArray(base)) {
    return fc.oneof({ weight: 3, arbitrary: fc.constant(base) }, jsonValue);
  }
  const members = Object.keys(base).map((name) =>
    fc.oneof(
      { weight: 3, arbitrary: jsonNear(base[name]!).map((value): [string, JsonValue][] => [[name, value]]) },
      { weight: 1, arbitrary: fc.constant<[string, JsonValue][]>([]) },
    ),
  );
  const edited = fc
    .tuple(fc.tuple(...members), fc.array(fc.tuple(memberName, jsonValue), { maxLength: 1 }))
    .map(([kept, added]): JsonValue => objectOf([...kept.flat(), ...added]));
  return fc.oneof({ weight: 9, arbitrary: edited }, { weight: 1, arbitrary: jsonValue });
}

export const keys = fc.oneof(fc.constantFrom(...HOSTILE_NAMES, "a", "b", "c"), hostileText);

const pairs = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<[string, T][]> =>
  fc.array(fc.tuple(keys, value), { maxLength: 5 });

const location = fc.record({ url: hostileText, size: fc.constantFrom(null, 0, 1, 2 ** 40) });

const small = fc.constantFrom(0, -0, 1, 2, -3, 100);

const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });

/** Values for a whole photo `p1`. */
export const photoValues: fc.Arbitrary<NewPhoto> = fc.record({
  id: fc.constant("p1"),
  title: hostileText,
  caption: orNull(hostileText),
  camera: fc.constant("Leica"),
  width: fc.constantFrom(0, 1, 2),
  height: fc.constantFrom(0, 1, 2),
  views: small,
  rank: orNull(small),
  editor: fc.constantFrom("", "ann", "bob"),
  origin: fc.constantFrom("", "web", "app"),
  price: fc.constantFrom("0", "-0.00", "1.5", "12.30"),
  takenAt: orNull(fc.constantFrom(new Date(0), new Date(1500), new Date(-1))),
  thumbnail: orNull(fc.uint8Array({ maxLength: 3 })),
  pin: fc.constantFrom(0, 1234),
  metadata: fc.oneof({ weight: 4, arbitrary: jsonObject }, jsonValue),
  labels: fc.oneof(
    { weight: 4, arbitrary: fc.array(fc.constantFrom<JsonValue[]>("x", "y", 1), { maxLength: 3 }) },
    jsonValue,
  ),
  properties: pairs(hostileText),
  locations: pairs(location),
  ratings: pairs(small),
  tags: fc.array(keys, { maxLength: 5 }),
  frames: pairs(location),
});
