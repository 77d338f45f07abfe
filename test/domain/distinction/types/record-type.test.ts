import { describe, expect, expectTypeOf, test } from "vitest";
import { fixed, nullable, secret, withInitial } from "../../../../domain/distinction/types/attribute-rules.js";
import type { AttributeType } from "../../../../domain/distinction/types/attribute-type.js";
import { binary } from "../../../../domain/distinction/types/binary-type.js";
import type { PolicyName } from "../../../../domain/distinction/types/policy-name.js";
import { instant } from "../../../../domain/distinction/types/instant-type.js";
import { json } from "../../../../domain/distinction/types/json-type.js";
import { bigint, boolean, decimal, integer } from "../../../../domain/distinction/types/number-types.js";
import { oneOf, text } from "../../../../domain/distinction/types/text-types.js";
import { entries, setOf } from "../../../../domain/distinction/types/collection-type.js";
import { idText, recordId } from "../../../../domain/distinction/record/record-id.js";
import {
  recordType,
  type AnyRecordType,
  type IdOf,
  type NewRecordOf,
  type RecordOf,
} from "../../../../domain/distinction/types/record-type.js";

const album = recordType({
  name: "album",
  key: "id",
  attributes: {
    id: text(36),
    title: withInitial(nullable(text(20)), null),
    state: oneOf("open", "closed"),
    plays: bigint(),
    info: json<{ notes: string[] }>(),
    madeAt: fixed(instant()),
  },
  collections: {
    words: entries(text(5), text(5)),
    places: entries(text(5), { url: text(5), size: nullable(integer()) }),
    tags: setOf(text(5)),
  },
});

const seat = recordType({
  name: "seat",
  key: ["hall", "row", "number"],
  attributes: { hall: text(10), row: integer(), number: bigint(), taken: text(5) },
});

const invalid = { code: "INVALID_RECORD_TYPE" };
const define = (definition: Record<string, unknown>) => () =>
  recordType({ name: "thing", key: "id", attributes: { id: text(5) }, ...definition });

describe("types", () => {
  test("a record's attributes are writable properties, its key is read-only, its collections are maps and sets", () => {
    type Album = RecordOf<typeof album>;
    expectTypeOf<Album["title"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Album["state"]>().toEqualTypeOf<"open" | "closed">();
    expectTypeOf<Album["plays"]>().toEqualTypeOf<bigint>();
    expectTypeOf<Album["info"]>().toEqualTypeOf<{ notes: string[] }>();
    expectTypeOf<Album["madeAt"]>().toEqualTypeOf<Date>();
    expectTypeOf<Album["words"]>().toEqualTypeOf<Map<string, string>>();
    expectTypeOf<Album["places"]>().toEqualTypeOf<Map<string, { url: string; size: number | null }>>();
    expectTypeOf<Album["tags"]>().toEqualTypeOf<Set<string>>();
    expectTypeOf<Pick<Album, "id">>().toEqualTypeOf<{ readonly id: string }>();
    expectTypeOf<Pick<Album, "title">>().toEqualTypeOf<{ title: string | null }>();
    expectTypeOf<keyof Album>().toEqualTypeOf<
      "id" | "title" | "state" | "plays" | "info" | "madeAt" | "words" | "places" | "tags"
    >();
  });

  test("a new record may leave anything out; collections are given as iterables", () => {
    type NewAlbum = NewRecordOf<typeof album>;
    expectTypeOf<object>().toExtend<NewAlbum>();
    expectTypeOf<{ id: "a"; tags: string[]; words: [string, string][] }>().toExtend<NewAlbum>();
    expectTypeOf<{ words: Map<string, string>; tags: Set<string> }>().toExtend<NewAlbum>();
    expectTypeOf<{ words: [string, number][] }>().not.toExtend<NewAlbum>();
    expectTypeOf<{ state: "ajar" }>().not.toExtend<NewAlbum>();
    expectTypeOf<NewAlbum["title"]>().toEqualTypeOf<string | null | undefined>();
  });

  test("an id is the key's value, or an object of a composite key's attributes", () => {
    expectTypeOf<IdOf<typeof album>>().toEqualTypeOf<string>();
    expectTypeOf<IdOf<typeof seat>>().toEqualTypeOf<{
      readonly hall: string;
      readonly row: number;
      readonly number: bigint;
    }>();
    expectTypeOf<Pick<RecordOf<typeof seat>, "row" | "taken">>().toEqualTypeOf<{
      readonly row: number;
      taken: string;
    }>();
  });

  test("names of the key, of policies and of groups are checked by the compiler", () => {
    type Definition = Parameters<typeof recordType<{ id: ReturnType<typeof text> }, "id">>[0];
    expectTypeOf<{ sise: "sum" }>().not.toExtend<NonNullable<Definition["policies"]>>();
    expectTypeOf<Definition["key"]>().toEqualTypeOf<"id">();
    expectTypeOf(album).toExtend<AnyRecordType>();
    const attributes = { id: text(5), size: integer() };
    // @ts-expect-error -- no such attribute, nor collection
    expect(() => recordType({ name: "thing", key: "id", attributes, policies: { sise: "sum" } })).toThrow();
    const counted = recordType({ name: "thing", key: "id", attributes, policies: { size: "sum" } });
    expect(counted.policies).toEqual({ size: "sum" });
    expectTypeOf<keyof RecordOf<typeof counted>>().toEqualTypeOf<"id" | "size">();
    expectTypeOf<{ id: string; size: number }>().toExtend<NewRecordOf<typeof counted>>();
  });
});

describe("a record type", () => {
  test("is frozen, and fixes its key attributes", () => {
    expect(Object.isFrozen(album)).toBe(true);
    expect(album.attributes.id.fixed).toBe(true);
    expect([seat.attributes.hall.fixed, seat.attributes.taken.fixed]).toEqual([true, false]);
  });

  test.each([
    ["no key", { key: [] }],
    ["an unknown key", { key: "uuid" }],
    ["a policy of the key", { policies: { id: "mine" } }],
    ["an unknown attribute in a policy", { policies: { sise: "sum" } }],
    ["an unknown attribute in a group", { groups: [["id", "sise"]] }],
    ["a name that is taken twice", { collections: { id: setOf(text(5)) } }],
    ["the counter's name", { attributes: { id: text(5), version: integer() } }],
    ["a promise's name", { attributes: { id: text(5), then: integer() } }],
    ["a stamp that is no instant", { stamp: "id" }],
    ["an attribute without a name", { attributes: { id: text(5), "": integer() } }],
    ["an unknown stamp", { stamp: "updatedAt" }],
    ...["constructor", "toString", "valueOf", "hasOwnProperty"].map((name): [string, Record<string, unknown>] => [
      `the name ${name}, which every object has`,
      { attributes: { id: text(5), [name]: nullable(text(5)) } },
    ]),
    [
      "the name __proto__",
      { attributes: Object.fromEntries([["id", text(5)] as const, ["__proto__", text(5)] as const]) },
    ],
  ])("refuses %s", (_, definition) => {
    expect(define(definition)).toThrow(expect.objectContaining(invalid) as Error);
  });
});

describe("a policy that could never merge", () => {
  const definition = (attributes: Record<string, AttributeType>, policies: Record<string, PolicyName>) =>
    define({ attributes: { id: text(5), ...attributes }, policies });

  test.each<[PolicyName, string, AttributeType]>([
    ["sum", "text", text(5)],
    ["sum", "an instant", instant()],
    ["sum", "a flag", boolean()],
    ["max", "text", nullable(text(5))],
    ["max", "bytes", binary(5)],
    ["union", "an integer", integer()],
    ["union", "text", text(5)],
    ["union", "a decimal", decimal(5, 2)],
  ])("is refused: %s of %s", (policy, _, type) => {
    expect(definition({ thing: type }, { thing: policy })).toThrow(
      new RegExp(`^record type \\w+: the policy ${policy} of thing would never merge: ${policy} combines `),
    );
  });

  test.each<[PolicyName, string, AttributeType]>([
    ["sum", "an integer that starts at 5", integer(5, 10)],
    ["sum", "a bigint", nullable(bigint())],
    ["sum", "a decimal", decimal(5, 2)],
    ["max", "an instant", instant()],
    ["max", "a flag", boolean()],
    ["max", "a decimal", secret(decimal(5, 2))],
    ["max", "JSON", json()],
    ["union", "JSON", json()],
  ])("is none: %s of %s", (policy, _, type) => {
    expect(definition({ thing: type }, { thing: policy })).not.toThrow();
  });

  test("is refused of a collection whose entries have fields, and of a set", () => {
    const collections = { sizes: entries(text(5), { width: integer() }), tags: setOf(text(5)) };
    expect(define({ collections, policies: { sizes: "sum" } })).toThrow(/the policy sum of sizes would never merge/);
    expect(define({ collections, policies: { tags: "max" } })).toThrow(/members of a set never overlap/);
    expect(define({ collections: { counts: entries(text(5), integer()) }, policies: { counts: "sum" } })).not.toThrow();
  });
});

describe("an id", () => {
  test("is checked and captured, part by part in the key's order", () => {
    expect(recordId(seat, { number: 3n, row: -0, hall: "a/b" })).toEqual(["a/b", 0, 3n]);
    expect(() => recordId(seat, { hall: "a", row: 1.5, number: 3n })).toThrow(
      "seat: row: an integer, got the number 1.5",
    );
    expect(() => recordId(album, "x".repeat(37))).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }) as Error);
    expect(() => recordId(seat, undefined as never)).toThrow(
      expect.objectContaining({ code: "INVALID_VALUE" }) as Error,
    );
  });

  test("has a text of its own: parts cannot run together", () => {
    expect(idText(["a/b"])).toBe("a/b");
    expect(idText(["a/b", "c"])).not.toBe(idText(["a", "b/c"]));
    expect(idText(["a", 1, 3n])).toBe("a/1/3");
  });
});
