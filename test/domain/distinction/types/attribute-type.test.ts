import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import {
  constrained,
  fixed,
  nullable,
  secret,
  withInitial,
} from "../../../../domain/distinction/types/attribute-rules.js";
import { binary } from "../../../../domain/distinction/types/binary-type.js";
import { instant } from "../../../../domain/distinction/types/instant-type.js";
import { json } from "../../../../domain/distinction/types/json-type.js";
import { bigint, boolean, decimal, integer } from "../../../../domain/distinction/types/number-types.js";
import { oneOf, text } from "../../../../domain/distinction/types/text-types.js";
import type { AttributeType } from "../../../../domain/distinction/types/attribute-type.js";
import { MAX_JSON_DEPTH } from "../../../../domain/distinction/json/json-fault.js";
import { JsonText } from "../../../../domain/distinction/json/json-text.js";
import { jsonValue, objectOf } from "../../../support/arbitraries.js";

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

class Point {
  x = 1;
}

describe("values that an attribute refuses", () => {
  const refused: [string, AttributeType, unknown, string | RegExp][] = [
    ["text: another type", text(5), 5, "text, got number"],
    ["text: null", text(5), null, "text, got null"],
    ["text: too long, counted in characters", text(2), "😀😀😀", "at most 2 characters, got a string of 3"],
    ["text: NUL", text(5), "a\0b", "text without NUL characters, got a string with some"],
    ["text: a lone surrogate", text(5), "\ud800", /lone surrogate/],
    ["text: a String object", text(5), Object("a"), "text, got String"],
    ["integer: a fraction", integer(), 1.5, "an integer, got the number 1.5"],
    ["integer: NaN", integer(), NaN, "an integer, got the number NaN"],
    ["integer: unsafe", integer(), 2 ** 53, /an integer/],
    ["integer: below its range", integer(0, 9), -1, "between 0 and 9, got the number -1"],
    ["integer: text", integer(), "1", "an integer, got string"],
    ["bigint: a number", bigint(), 1, "a bigint, got number"],
    ["bigint: 65 bits", bigint(), 2n ** 63n, /between .*, got the bigint 9223372036854775808/],
    ["decimal: a number", decimal(5, 2), 1.5, /decimal text .*, got the number 1.5/],
    ["decimal: excess fraction digits", decimal(5, 2), "1.005", /2 after the point, got the string "1.005"/],
    ["decimal: excess digits", decimal(5, 2), "1234", /at most 3 digits/],
    ["decimal: no digits", decimal(5, 2), "-", /decimal text/],
    ["decimal: an exponent", decimal(5, 2), "1e2", /decimal text/],
    ["decimal without a whole part: one", decimal(2, 2), "1.25", /decimal text/],
    ["boolean: 1", boolean(), 1, "true or false, got number"],
    ["instant: an invalid date", instant(), new Date(NaN), /valid Date .* got an invalid Date/],
    ["instant: the year 999", instant(), new Date(Date.UTC(999, 11, 31)), /valid Date/],
    ["instant: text", instant(), "2026-01-01", "a Date, got string"],
    ["binary: an array", binary(2), [1], /bytes/],
    [
      "binary: a proxy",
      binary(2),
      new Proxy(new Uint8Array(1), {}),
      "bytes (Uint8Array), got an object that is no Uint8Array",
    ],
    ["binary: too long", binary(2), Buffer.alloc(3), "at most 2 bytes, got a Buffer of 3"],
    ["oneOf: another word", oneOf("a", "b"), "c", 'one of a, b, got the string "c"'],
    ["json: a Map", json(), new Map(), "plain JSON, got an instance of Map"],
    ["json: a Date inside", json(), { at: [new Date()] }, "plain JSON, got an instance of Date at .at[0]"],
    ["json: a class instance", json(), new Point(), /instance of Point/],
    ["json: NaN", json(), { a: NaN }, "a finite number, got NaN at .a"],
    ["json: a bigint", json(), [1n], "JSON, got bigint at [0]"],
    ["json: undefined in an array", json(), [undefined], "JSON, got undefined at [0]"],
    ["json: a hole in an array", json(), new Array(1), "JSON, got undefined at [0]"],
    [
      "json: a list of a class",
      json(),
      { a: new (class Tags extends Array {})() },
      "plain JSON, got an instance of Tags at .a",
    ],
    ["json: a list with members", json(), Object.assign([1], { x: 1 }), /an array with members beside its elements$/],
    ["json: a symbol as a key", json(), { [Symbol("s")]: 1 }, /members under symbols, or hidden from enumeration$/],
    [
      "json: a hidden member",
      json(),
      { a: Object.defineProperty({}, "x", { value: 1 }) },
      /Object with members .* at .a$/,
    ],
    ["json: a lone surrogate in a key", json(), { "\udc00": 1 }, /lone surrogate/],
    ["json: a key of 65,536 bytes", json(), { ["é".repeat(32_768)]: 1 }, /keys of at most 65535 bytes .* of 65536$/],
    ["json: a method toJSON", json(), { toJSON: () => 1 }, /got function/],
    ["json: too deep", json(), nested(MAX_JSON_DEPTH + 1), /at most 100 levels/],
  ];

  test.each(refused)("%s", (_, type, value, reason) => {
    const fault = type.fault(value);
    if (typeof reason === "string") expect(fault).toBe(reason);
    else expect(fault).toMatch(reason);
  });

  test("json: a cycle", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(json().fault(cycle)).toMatch(/cycle/);
  });
});

describe("values that an attribute accepts", () => {
  const accepted: [string, AttributeType, unknown][] = [
    ["text of 4-byte characters up to the limit", text(2), "😀😀"],
    ["empty text", text(0), ""],
    ["the largest 64-bit integer", bigint(), 2n ** 63n - 1n],
    ["a decimal with leading zeros", decimal(5, 2), "-00007.5"],
    ["a decimal without a whole part", decimal(2, 2), "0.25"],
    ["a Buffer as bytes", binary(2), Buffer.from("ab")],
    ["JSON as deep as allowed", json(), nested(MAX_JSON_DEPTH)],
    ["JSON with a key of 65,535 bytes", json(), { ["x".repeat(65_535)]: 1 }],
    ["JSON without prototype", json(), Object.create(null)],
    ["JSON with an undefined member, which counts as missing", json(), { a: undefined }],
  ];
  test.each(accepted)("%s", (_, type, value) => expect(type.fault(value)).toBeUndefined());
});

describe("what is stored", () => {
  const same = (type: AttributeType, left: unknown, right: unknown): boolean =>
    type.same(type.capture(left), type.capture(right));

  test("-0 is 0 in an integer", () => expect(same(integer(), -0, 0)).toBe(true));

  test.each([
    ["-007.5", "-7.50"],
    ["7", "7.00"],
    ["-0.00", "0.00"],
    ["000", "0.00"],
  ])("decimal %s becomes %s, as a DECIMAL column returns it", (given, stored) => {
    expect(decimal(5, 2).capture(given)).toBe(stored);
  });

  test("an instant is truncated to its precision, before 1970 too", () => {
    expect(instant(0).expose(instant(0).capture(new Date(1999)))).toEqual(new Date(1000));
    expect(instant(0).expose(instant(0).capture(new Date(-1)))).toEqual(new Date(-1000));
    expect(instant(3).expose(instant(3).capture(new Date(1999)))).toEqual(new Date(1999));
  });

  test("mutating what was given or handed out never changes what is stored", () => {
    const bytes = Uint8Array.of(1, 2);
    const stored = binary(9).capture(bytes);
    bytes[0] = 9;
    binary(9).expose(stored)[1] = 9;
    expect([...binary(9).expose(stored)]).toEqual([1, 2]);

    const when = new Date(1000);
    const instantStored = instant().capture(when);
    when.setTime(5);
    instant().expose(instantStored).setTime(6);
    expect(instant().expose(instantStored)).toEqual(new Date(1000));

    const document = { a: [1] };
    const jsonStored = json().capture(document);
    document.a.push(2);
    (json().expose(jsonStored) as typeof document).a.push(3);
    expect(json().expose(jsonStored)).toEqual({ a: [1] });
  });

  test("equal bytes are the same whatever their class", () => {
    expect(same(binary(9), Buffer.from([1, 2]), Uint8Array.of(1, 2))).toBe(true);
    expect(same(binary(9), Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
  });

  test("JSON is the same whatever the order of its members, white space, or the sign of zero", () => {
    const type = json();
    expect(type.same(new JsonText('{"a":1,"b":{"c":0,"d":2}}'), new JsonText('{ "b": {"d":2,"c":-0}, "a":1.0 }'))).toBe(
      true,
    );
    expect(type.same(new JsonText("[1,2]"), new JsonText("[2,1]"))).toBe(false);
    expect(type.same(new JsonText('{"0":1}'), new JsonText("[1]"))).toBe(false);
  });

  test("any JSON survives capture and expose, members named like Object.prototype's included", () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const type = json();
        expect(type.fault(value)).toBeUndefined();
        expect(type.expose(type.capture(value))).toEqual(JSON.parse(JSON.stringify(value)));
        expect(same(type, value, JSON.parse(JSON.stringify(value)))).toBe(true);
      }),
      { numRuns: 200 },
    );
    const proto = json().expose(json().capture(objectOf([["__proto__", 1]])));
    expect(Object.keys(proto as object)).toEqual(["__proto__"]);
  });
});

describe("modifiers", () => {
  test("nullable accepts null, starts as null and tells null from JSON null's neighbours", () => {
    const type = nullable(json());
    expect(type.initial).toBeNull();
    expect(type.fault(null)).toBeUndefined();
    expect(type.fault(undefined)).toBeDefined();
    expect(type.same(null, null)).toBe(true);
    expect(type.same(null, type.capture({}))).toBe(false);
    expect(type.expose(null)).toBeNull();
  });

  test("nullable keeps an initial value, whichever is applied first", () => {
    expect(nullable(withInitial(integer(), 3)).initial).toBe(3);
    expect(withInitial(nullable(integer()), 3).initial).toBe(3);
  });

  test("fixed and secret mark the type and leave the original type alone", () => {
    const type = text(3);
    expect(fixed(type).fixed).toBe(true);
    expect(secret(type).secret).toBe(true);
    expect([type.fixed, type.secret]).toEqual([false, false]);
  });

  test("nor do those of its rules, in whichever order both were given", () => {
    const rule = (value: string) => `not ${value}`;
    for (const type of [constrained(secret(text(20)), rule), secret(constrained(text(20), rule))]) {
      expect(type.fault("hunter2")).toBe("well-formed text of at most 20 characters that its rules allow, got string");
      expect(constrained(type, rule).fault("hunter2")).not.toContain("hunter2");
      expect(nullable(type).fault(null)).toBeUndefined();
    }
  });

  test("a secret attribute's faults do not tell the value", () => {
    expect(secret(integer(0, 9999)).fault(73_313)).toBe(
      "an integer between 0 and 9999 that its rules allow, got number",
    );
    expect(secret(oneOf("a", "b")).fault("hunter2")).not.toContain("hunter2");
    expect(nullable(secret(integer(0, 9999))).fault(73_313)).not.toContain("73313");
    expect(secret(text(3)).fault("abcd")).toContain("at most 3 characters");
  });
});
