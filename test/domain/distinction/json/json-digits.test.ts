import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { apply } from "../../../../domain/distinction/diff/apply.js";
import { losesDigits, roundedNumbers, withRoundedNumbers } from "../../../../domain/distinction/json/json-digits.js";
import { jsonLoss } from "../../../../domain/distinction/json/json-losses.js";
import { rawAt, spliced } from "../../../../domain/distinction/json/json-splice.js";
import { rebase } from "../../../../domain/distinction/merge/rebase.js";
import { JsonText } from "../../../../domain/distinction/json/json-text.js";
import type { JsonValue } from "../../../../domain/distinction/json/json-value.js";
import { MemoryRecordStore } from "../../../../infrastructure/memory/memory-record-store.js";
import { DistinctRepository } from "../../../../domain/distinction/distinct-repository.js";
import { FakeClock } from "../../../support/fake-clock.js";
import { photoState, photoType } from "../../../support/photo.js";

const BIG = "12345678901234567891";

describe("numbers of more digits than JavaScript keeps", () => {
  test.each([BIG, "9007199254740993", "0.12345678901234567891", "1e400", "-123456789012345678901e-3"])(
    "%s is one",
    (text) => {
      expect(roundedNumbers(`{"a":[${text}]}`).size).toBe(1);
    },
  );

  test.each([
    "9007199254740992",
    "1.50",
    "1e3",
    "-0.10",
    "0",
    "12345678901234567000",
    "0.1",
    "1E+2",
    `"${BIG}"`,
    `"\\"${BIG}"`,
  ])("%s is none", (text) => {
    expect(roundedNumbers(`{"a":[${text}]}`).size).toBe(0);
  });

  test("no number that JavaScript wrote is one", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => roundedNumbers(JSON.stringify(value)).size === 0));
  });

  test("are rounded in a text as JavaScript would, and texts are left alone", () => {
    expect(withRoundedNumbers(`{"a":${BIG},"${BIG}":"${BIG}"}`)).toBe(`{"a":12345678901234567000,"${BIG}":"${BIG}"}`);
    expect(losesDigits(`[${BIG}]`, "[12345678901234567000,1]")).toBe(true);
    expect(losesDigits(`[${BIG}]`, "[1]")).toBe(false);
  });
});

describe("a text of 30 MB", () => {
  const LENGTH = 30_000_000;

  test.each<[string, string]>([
    ["a long string", `"${"x".repeat(LENGTH)}"`],
    ["a string of escapes", `"${"\\\\".repeat(LENGTH / 2)}"`],
    ["a string of escaped quotation marks", `"${'\\"'.repeat(LENGTH / 2)}"`],
    ["a long number", "1".repeat(LENGTH)],
    ["a long fraction", `0.${"1".repeat(LENGTH)}`],
  ])("%s is looked at and spliced as a short one is", { timeout: 60_000 }, (_, long) => {
    const text = `{"long":${long},"id":${BIG},"n":1}`;
    expect(roundedNumbers(text).has("12345678901234567000")).toBe(true);
    expect(losesDigits(text, "[12345678901234567000]")).toBe(true);
    expect(withRoundedNumbers(text).endsWith(`"id":12345678901234567000,"n":1}`)).toBe(true);
    expect(spliced(text, ["n"], "2") === text.replace(/1\}$/, "2}")).toBe(true);
    expect(rawAt(text, ["id"])).toBe(BIG);
    expect(jsonLoss(text)).toBeDefined();
  });
});

describe("a member set in a JSON text", () => {
  const path = fc.array(fc.constantFrom("a", "b", '"', "__proto__", "\\"), { minLength: 1, maxLength: 3 });

  test("gives what setting it in the value gives", () => {
    const leaf = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(path, leaf, fc.option(leaf, { nil: undefined }), leaf, (steps, before, to, sibling) => {
        const nested = steps.reduceRight<string>(
          (inner, step) => `{ ${JSON.stringify(step)} : ${inner}, "x\\"{" :${JSON.stringify(sibling)}}`,
          JSON.stringify(before),
        );
        const after = spliced(nested, steps, to === undefined ? undefined : JSON.stringify(to));
        const raw = rawAt(after, steps);
        expect(raw === undefined ? undefined : JSON.parse(raw)).toEqual(
          to === undefined ? undefined : JSON.parse(JSON.stringify(to)),
        );
        expect(JSON.parse(rawAt(after, [...steps.slice(0, -1), 'x"{'])!)).toEqual(JSON.parse(JSON.stringify(sibling)));
      }),
    );
  });

  test("leaves all digits beside it, also in what the change set is applied to", () => {
    const text = `{"id":${BIG},"a":{"b":1,"c":${BIG}}}`;
    const state = { version: 1, attributes: { metadata: new JsonText(text) }, collections: {} };
    const after = apply(state, [
      { kind: "json.set", attribute: "metadata", path: ["a", "b"], from: 1, to: 2 },
      { kind: "json.set", attribute: "metadata", path: ["new"], from: undefined, to: [1] },
    ]);
    expect((after.attributes.metadata as JsonText).text).toBe(`{"id":${BIG},"a":{"b":2,"c":${BIG}},"new":[1]}`);
  });
});

describe("a record whose document holds such a number", () => {
  async function desk(text: string) {
    const store = new MemoryRecordStore(photoType);
    const state = photoState({});
    await store.insert({ ...state, attributes: { ...state.attributes, metadata: new JsonText(text) } });
    const photos = new DistinctRepository(photoType, store, { clock: new FakeClock(), random: () => 0 });
    const stored = async () => ((await store.load([["p1"]]))[0]!.attributes.metadata as JsonText).text;
    return { photos, photo: await photos.get("p1"), stored };
  }

  test("keeps it where another member is written, time and again", async () => {
    const { photos, photo, stored } = await desk(`{"id":${BIG},"n":1}`);
    for (const n of [2, 3]) {
      (photo.metadata as Record<string, JsonValue>).n = n;
      await photos.save(photo);
      expect(await stored()).toBe(`{"id":${BIG},"n":${n}}`);
    }
    await photos.save(photo, { force: ["metadata"] });
    expect(await stored()).toBe(`{"id":${BIG},"n":3}`);
  });

  test("refuses to write it back rounded, and takes another value in its place", async () => {
    const { photos, photo, stored } = await desk(`{"ids":[${BIG}]}`);
    const document = photo.metadata as { ids: number[] };
    document.ids.push(1);
    await expect(photos.save(photo)).rejects.toMatchObject({
      code: "INVALID_VALUE",
      faults: [{ path: "metadata.ids" }],
    });
    photo.metadata = [document.ids[0]!];
    await expect(photos.save(photo)).rejects.toMatchObject({ code: "INVALID_VALUE" });
    expect(await stored()).toBe(`{"ids":[${BIG}]}`);
    photo.metadata = { ids: [5] };
    await photos.save(photo);
    expect(await stored()).toBe('{"ids":[5]}');
  });

  test("does not overwrite what another writer changed in digits that are not seen here", () => {
    const state = photoState({});
    const other = `{"id":${BIG.slice(0, -1)}2}`;
    const before = { ...state, attributes: { ...state.attributes, metadata: new JsonText(`{"id":${BIG}}`) } };
    const now = { ...state, version: 2, attributes: { ...state.attributes, metadata: new JsonText(other) } };
    const mine = [{ kind: "json.set", attribute: "metadata", path: ["id"], from: Number(BIG), to: 1 }] as const;
    expect(rebase(photoType, before, mine, now, { mode: "merge", expect: [], force: [] })).toMatchObject({
      kind: "conflict",
      overlaps: [{ path: "metadata.id" }],
    });
  });
});
