import fc from "../../../support/fast-check.js";
import { expect, test } from "vitest";
import { apply } from "../../../../domain/distinction/diff/apply.js";
import { changeSetFromJson, changeSetToJson } from "../../../../domain/distinction/diff/change-set-json.js";
import { changeSet } from "../../../../domain/distinction/diff/change-set.js";
import { diff } from "../../../../domain/distinction/diff/diff.js";
import { newState } from "../../../../domain/distinction/record/new-record.js";
import type { RecordState } from "../../../../domain/distinction/record/record-state.js";
import { articleType } from "../../../support/article.js";
import { photoValues } from "../../../support/arbitraries.js";
import { photoState, photoType } from "../../../support/photo.js";

test("what is read back leads from the same state to the same state", () => {
  fc.assert(
    fc.property(photoValues, photoValues, (from, to) => {
      const [before, after] = [photoState({ ...from, pin: 1 }), photoState({ ...to, pin: 1 }, 2)];
      const changes = changeSet("photo", ["p1"], 1, diff(photoType, before, after));
      const read = changeSetFromJson(changeSetToJson(photoType, changes));
      expect(diff(photoType, apply(before, read.changes), after)).toEqual([]);
      expect(read.changes.map(({ kind, from }) => [kind, from])).toEqual(
        changes.changes.map(({ kind, from }) => [kind, from]),
      );
    }),
  );
});

test("types survive that JSON does not have", () => {
  const before = newState(articleType, { id: "a" });
  const after: RecordState = newState(articleType, {
    id: "a",
    bytes: -(2n ** 63n),
    digest: Uint8Array.from([0, 255, 16]),
    publishedAt: new Date(123),
    metadata: { $bigint: "1", big: 1e21 },
    files: [["f", { length: 1, sha256: "x", custom: { __proto__x: [1] } }]],
  });
  const changes = changeSet("article", ["a", 1n, 2], 7, diff(articleType, before, after));
  const read = changeSetFromJson(changeSetToJson(articleType, changes));
  expect(read).toEqual(changes);
});

test("secrets are masked", () => {
  const [before, after] = [photoState({ pin: 1234 }), photoState({ pin: 5678 })];
  const text = changeSetToJson(photoType, changeSet("photo", ["p1"], 1, diff(photoType, before, after)));
  expect(text).not.toMatch(/1234|5678/);
  expect(changeSetFromJson(text).changes).toEqual([
    { kind: "attribute.set", attribute: "pin", from: "[secret]", to: "[secret]" },
  ]);
});
