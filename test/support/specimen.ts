import fc from "./fast-check.js";
import { nullable, withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { binary } from "../../domain/distinction/types/binary-type.js";
import { entries, listOf, setOf } from "../../domain/distinction/types/collection-type.js";
import { instant } from "../../domain/distinction/types/instant-type.js";
import { json } from "../../domain/distinction/types/json-type.js";
import {
  BIGINT_MAX,
  BIGINT_MIN,
  bigint,
  boolean,
  decimal,
  integer,
} from "../../domain/distinction/types/number-types.js";
import { recordType, type NewRecordOf } from "../../domain/distinction/types/record-type.js";
import { oneOf, text } from "../../domain/distinction/types/text-types.js";
import { HOSTILE_NAMES, hostileText, jsonValue, keys } from "./arbitraries.js";

const WORDS = ["draft", "", "constructor", "é", "a,b", "'"] as const;

/** One type for every kind of column, with and without fractions. */
const KINDS = {
  words: text(30),
  whole: integer(),
  large: bigint(),
  exact: decimal(30, 10),
  round: decimal(38, 0),
  flag: boolean(),
  second: instant(0),
  moment: instant(3),
  bytes: binary(300),
  choice: oneOf(...WORDS),
  document: json(),
};

const fields = {
  words: nullable(KINDS.words),
  whole: nullable(KINDS.whole),
  large: nullable(KINDS.large),
  exact: nullable(KINDS.exact),
  round: nullable(KINDS.round),
  flag: nullable(KINDS.flag),
  second: nullable(KINDS.second),
  moment: nullable(KINDS.moment),
  bytes: nullable(KINDS.bytes),
  choice: nullable(KINDS.choice),
  document: nullable(KINDS.document),
};

/** A record with every kind of column: as an attribute, one that can be NULL, and a field of an entry. */
export const specimenType = recordType({
  name: "specimen",
  key: "id",
  attributes: {
    id: text(5),
    ...KINDS,
    maybeWords: fields.words,
    maybeWhole: fields.whole,
    maybeLarge: fields.large,
    maybeExact: fields.exact,
    maybeFlag: fields.flag,
    maybeMoment: fields.moment,
    maybeBytes: fields.bytes,
    maybeChoice: fields.choice,
    maybeDocument: withInitial(fields.document, {}),
  },
  collections: { parts: entries(text(30), fields), flags: entries(text(30), KINDS.flag), order: listOf(text(30), fields), names: setOf(text(30)) },
}); // prettier-ignore

export type NewSpecimen = NewRecordOf<typeof specimenType>;

const FIRST = Date.parse("1000-01-01T00:00:00.000Z");
const LAST = Date.parse("9999-12-31T23:59:59.999Z");

const time = fc.oneof(
  fc.constantFrom(FIRST, LAST, 0, -1, 1, 499, 500, 999, 1000, -1000, -999, 1_500),
  fc.integer({ min: FIRST, max: LAST }),
).map((at) => new Date(at)); // prettier-ignore

const digits = (max: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom("0", "00", "1", "9", "9".repeat(max), "10", "1".padEnd(max, "0")),
    fc.stringMatching(new RegExp(`^\\d{1,${max}}$`)),
  );

/** The same number in several spellings, beyond what a double holds. */
const decimalText = (whole: number, scale: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom("", "-"), digits(whole), scale > 0 ? fc.option(digits(scale), { nil: undefined }) : fc.constant(undefined))
    .map(([sign, before, after]) => `${sign}${before}${after === undefined ? "" : `.${after}`}`); // prettier-ignore

const VALUES = {
  words: fc.oneof(fc.constantFrom(...HOSTILE_NAMES, "a", "A", "a ", "ss", "ß", "e\u0301", "\u{10FFFF}", "\n", "\u007f"), hostileText),
  whole: fc.oneof(fc.constantFrom(0, -0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER), fc.maxSafeInteger()),
  large: fc.oneof(fc.constantFrom(0n, 1n, -1n, BIGINT_MAX, BIGINT_MIN, 2n ** 53n, 2n ** 53n + 1n), fc.bigInt({ min: BIGINT_MIN, max: BIGINT_MAX })),
  exact: decimalText(20, 10),
  round: decimalText(38, 0),
  flag: fc.boolean(),
  second: time,
  moment: time,
  bytes: fc.oneof(fc.constantFrom(new Uint8Array(), new Uint8Array(300), Buffer.from("é"), new Uint8Array([0, 255])), fc.uint8Array({ maxLength: 5 })),
  choice: fc.constantFrom(...WORDS),
  document: jsonValue,
}; // prettier-ignore

const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });

const part = fc.record({
  words: orNull(VALUES.words),
  whole: orNull(VALUES.whole),
  large: orNull(VALUES.large),
  exact: orNull(VALUES.exact),
  round: orNull(VALUES.round),
  flag: orNull(VALUES.flag),
  second: orNull(VALUES.second),
  moment: orNull(VALUES.moment),
  bytes: orNull(VALUES.bytes),
  choice: orNull(VALUES.choice),
  document: orNull(VALUES.document),
});

const pairs = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<[string, T][]> =>
  fc.array(fc.tuple(keys, value), { maxLength: 3 });

/** Values for a whole specimen `s1`. */
export const specimenValues: fc.Arbitrary<NewSpecimen> = fc.record({
  id: fc.constant("s1"),
  ...VALUES,
  maybeWords: orNull(VALUES.words),
  maybeWhole: orNull(VALUES.whole),
  maybeLarge: orNull(VALUES.large),
  maybeExact: orNull(VALUES.exact),
  maybeFlag: orNull(VALUES.flag),
  maybeMoment: orNull(VALUES.moment),
  maybeBytes: orNull(VALUES.bytes),
  maybeChoice: orNull(VALUES.choice),
  maybeDocument: orNull(VALUES.document),
  parts: pairs(part),
  flags: pairs(VALUES.flag),
  order: pairs(part),
  names: fc.array(keys, { maxLength: 3 }),
});
