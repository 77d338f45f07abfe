import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { apply } from "../../../../domain/distinction/diff/apply.js";
import { diff } from "../../../../domain/distinction/diff/diff.js";
import type { RecordState } from "../../../../domain/distinction/record/record-state.js";
import { jsonNear, jsonObject, photoValues } from "../../../support/arbitraries.js";
import { contents, photoState, photoType } from "../../../support/photo.js";

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
