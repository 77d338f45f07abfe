import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { apply } from "../../../../domain/distinction/diff/apply.js";
import { diff } from "../../../../domain/distinction/diff/diff.js";
import { rawAt } from "../../../../domain/distinction/json/json-splice.js";
import { JsonText } from "../../../../domain/distinction/json/json-text.js";
import type { JsonValue } from "../../../../domain/distinction/json/json-value.js";
import type { RecordState } from "../../../../domain/distinction/record/record-state.js";
import { jsonNear, jsonObject, photoValues } from "../../../support/arbitraries.js";
import { contents, photoState, photoType } from "../../../support/photo.js";

const number = fc.constantFrom("1", "5", "12345678901234567890", "0.1234567890123456789");
const leaf = fc.oneof(number, fc.constantFrom('"x"', "null", "[1,12345678901234567890]"));
const textOf = (members: Readonly<Record<string, string>>): string =>
  `{${Object.entries(members)
    .map(([name, raw]) => `"${name}":${raw}`)
    .join(",")}}`;
const memberTexts = (value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.dictionary(fc.constantFrom("a", "b", "c", "d"), value, { noNullPrototype: true, maxKeys: 4 }).map(textOf);

/** JSON objects as another writer stores them: with numbers of more digits than JavaScript keeps. */
const jsonText = memberTexts(fc.oneof(leaf, leaf, memberTexts(fc.oneof(leaf, memberTexts(leaf)))));

function withMetadata(text: string): RecordState {
  const { attributes, ...rest } = photoState();
  return { ...rest, attributes: { ...attributes, metadata: new JsonText(text) } };
}

const changesBetween = (before: RecordState, after: RecordState) => diff(photoType, before, after);

describe("apply", () => {
  test("leads from any state to any other by their diff, one version on", () => {
    fc.assert(
      fc.property(
        photoValues.map((values) => photoState(values, 3)),
        photoValues.map((values) => photoState(values)),
        (before, after) => {
          const result = apply(before, changesBetween(before, after));
          expect(result.version).toBe(4);
          expect(contents(result)).toEqual(contents(after));
          expect(changesBetween(result, after)).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("leads from any JSON to any JSON near it", () => {
    const pair = jsonObject.chain((before) => fc.tuple(fc.constant(before), jsonNear(before)));
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const from = photoState({ metadata: before });
        const to = photoState({ metadata: after });
        expect(contents(apply(from, changesBetween(from, to)))).toEqual(contents(to));
      }),
      { numRuns: 300 },
    );
  });

  test("leads from any JSON text to any other, whatever digits its numbers have, and keeps those of untouched members", () => {
    fc.assert(
      fc.property(jsonText, jsonText, (before, after) => {
        const from = withMetadata(before);
        const to = withMetadata(after);
        const changes = changesBetween(from, to);
        const result = apply(from, changes).attributes.metadata as JsonText;
        expect(result.parse()).toEqual(JSON.parse(after));
        const touched = new Set(changes.map((change) => (change.kind === "json.set" ? change.path[0] : undefined)));
        for (const name of Object.keys(JSON.parse(before) as object)) {
          if (!touched.has(name)) expect(rawAt(result.text, [name])).toBe(rawAt(before, [name]));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("loses no change after the one that takes away a number of more digits than JavaScript keeps", () => {
    const from = withMetadata('{"big":12345678901234567890,"c":1}');
    const changed = (to: JsonValue) => {
      const changes = changesBetween(from, photoState({ metadata: to }));
      return (apply(from, changes).attributes.metadata as JsonText).parse();
    };
    expect(changed({ big: 5, c: 2 })).toEqual({ big: 5, c: 2 });
    expect(changed({ c: 2, d: 3 })).toEqual({ c: 2, d: 3 });
  });

  test("leaves the state as it was", () => {
    const before = photoState({ metadata: { a: { b: 1 } }, properties: [["k", "1"]], tags: ["t"] });
    const copy = contents(before);
    apply(before, changesBetween(before, photoState({ title: "x", metadata: { a: { b: 2 } } })));
    expect(contents(before)).toEqual(copy);
  });

  test("shares untouched collections with the state it came from, so that its cost follows the change", () => {
    const before = photoState({ properties: [["k", "1"]] });
    const after = apply(before, changesBetween(before, photoState({ properties: [["k", "1"]], tags: ["t"] })));
    expect(after.collections.properties).toBe(before.collections.properties);
    expect(after.collections.tags).not.toBe(before.collections.tags);
  });
});
