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

test("a time that the column held and is none stays none, instead of becoming NULL", () => {
  const changes = changeSet("photo", ["p1"], 1, [{ kind: "attribute.set", attribute: "takenAt", from: NaN, to: 5 }]);
  expect(changeSetFromJson(changeSetToJson(photoType, changes))).toEqual(changes);
});

test("a Date without a time is refused by name, and no method of a Date is called", () => {
  const none = Object.create(Date.prototype) as Date;
  const changes = changeSet(
    "photo",
    ["p1"],
    1,
    [
      { kind: "attribute.set", attribute: "takenAt", from: null, to: new Date(NaN) },
      { kind: "attribute.set", attribute: "title", from: none, to: "new" },
      { kind: "attribute.set", attribute: "pin", from: 1, to: none }, // secret, and not looked at
      { kind: "entry.put", collection: "frames", key: "k", from: undefined, to: { url: "u", size: none } },
    ],
  ); // prettier-ignore
  expect(() => changeSetToJson(photoType, changes)).toThrow(
    expect.objectContaining({
      code: "INVALID_VALUE",
      record: "photo",
      id: "p1",
      faults: [
        { path: "takenAt", reason: "a valid Date, got an invalid Date" },
        { path: "title", reason: "a valid Date, got an object that is no Date" },
        { path: 'frames["k"]', reason: "a valid Date, got an object that is no Date" },
      ],
    }),
  );
  const loud = (): never => {
    throw new Error("heard");
  };
  const time = Object.assign(new Date(7), { getTime: loud, toJSON: loud, toISOString: loud });
  const change = { kind: "attribute.set", attribute: "takenAt", from: null, to: time } as const;
  const read = changeSetFromJson(changeSetToJson(photoType, changeSet("photo", ["p1"], 1, [change])));
  expect(read.changes).toEqual([{ ...change, to: new Date(7) }]);
});

test.each([
  ["nothing", {}],
  ["a bigint", { $bigint: "x" }],
  ["JSON", { $json: 5 }],
  ["bytes", { $binary: "f" }],
  ["other bytes", { $binary: "zz" }],
  ["a date", { $date: "x" }],
  ["a number", { $number: "five" }],
  ["fields", { $fields: [5] }],
  ["a kind that there is not", { $map: [] }],
])("what says that it is a value of a kind, and is none, is refused: %s", (_, to) => {
  const text = (id: unknown, value: unknown): string =>
    JSON.stringify({
      record: "photo",
      id: [id],
      base: 1,
      changes: [{ kind: "attribute.set", attribute: "a", to: value }],
    });
  const refused = expect.objectContaining({ code: "INVALID_VALUE", record: "change set" }) as Error;
  expect(() => changeSetFromJson(text("p1", to))).toThrow(refused);
  expect(() => changeSetFromJson(text(to, 5))).toThrow(refused);
});
