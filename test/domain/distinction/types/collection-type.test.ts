import { describe, expect, test } from "vitest";
import { nullable, secret } from "../../../../domain/distinction/types/attribute-rules.js";
import { instant } from "../../../../domain/distinction/types/instant-type.js";
import { json } from "../../../../domain/distinction/types/json-type.js";
import { integer } from "../../../../domain/distinction/types/number-types.js";
import { text } from "../../../../domain/distinction/types/text-types.js";
import { entries, setOf } from "../../../../domain/distinction/types/collection-type.js";

describe("an entry of a single value", () => {
  const { entry, kind } = entries(text(5), nullable(text(3)));

  test("is a map's entry with the field `value`", () => {
    expect(kind).toBe("map");
    expect(Object.keys(entry.fields)).toEqual(["value"]);
    expect(entry.join(entry.split("abc"))).toBe("abc");
  });

  test("obeys its type, null included", () => {
    expect(entry.fault("abcd")).toMatch(/at most 3/);
    expect(entry.fault(null)).toBeUndefined();
    expect(entry.same(null, "")).toBe(false);
  });
});

describe("an entry of several fields", () => {
  const { entry } = entries(text(5), {
    url: text(3),
    seen: instant(0),
    info: nullable(json()),
    key: secret(integer(0, 9)),
  });
  const value = { url: "abc", seen: new Date(1999), info: { a: [1] }, key: 1 };

  test("is captured immutable and unshared, rounded like its columns, and handed out fresh", () => {
    const captured = entry.capture(value);
    expect(Object.isFrozen(captured)).toBe(true);
    expect(entry.expose(captured)).toEqual({ ...value, seen: new Date(1000) });
    (entry.expose(captured) as typeof value).info.a.push(2);
    expect(entry.expose(captured)).toEqual({ ...value, seen: new Date(1000) });
  });

  test("is the same when all its fields are, whatever the order of their members", () => {
    const reordered = entry.capture({ key: 1, info: { a: [1] }, seen: new Date(1000), url: "abc" });
    expect(entry.same(entry.capture(value), reordered)).toBe(true);
    expect(entry.same(entry.capture(value), entry.capture({ ...value, key: 2 }))).toBe(false);
  });

  test("is split into its columns' values and joined again", () => {
    const captured = entry.capture(value);
    expect(entry.split(captured)).toHaveLength(4);
    expect(entry.same(entry.join(entry.split(captured)), captured)).toBe(true);
  });

  test.each([
    ["no object", "x", "an object of fields, got string"],
    ["null", null, "an object of fields, got null"],
    ["a missing field", { url: "abc" }, /^seen: a Date, got undefined/],
    ["a wrong field", { ...value, url: "abcd" }, "url: at most 3 characters, got a string of 4"],
    ["an unknown field", { ...value, urll: "x" }, "only the fields url, seen, info, key, got urll"],
  ])("refuses %s", (_, given, reason) => {
    if (typeof reason === "string") expect(entry.fault(given)).toBe(reason);
    else expect(entry.fault(given)).toMatch(reason);
  });

  test("does not tell a secret field's value", () => {
    expect(entry.fault({ ...value, key: 4711 })).toBe(
      "key: an integer between 0 and 9 that its rules allow, got number",
    );
  });
});

test("a set's entry has no fields and equals every other", () => {
  const { entry, kind } = setOf(text(5));
  expect(kind).toBe("set");
  expect(entry.fields).toEqual({});
  expect(entry.same(entry.capture(true), entry.join([]))).toBe(true);
});
