import { afterEach, beforeEach, expect, test, vi, type MockInstance } from "vitest";
import { diff } from "../../../../domain/distinction/diff/diff.js";
import { JsonText } from "../../../../domain/distinction/json/json-text.js";
import { PhotoDesk } from "../../../support/photo-desk.js";
import { photoState, photoType } from "../../../support/photo.js";

const METADATA = JSON.stringify({ a: { b: 1 }, c: [2] });
const LABELS = JSON.stringify(["x", "y"]);

let parse: MockInstance<JsonText["parse"]>;
beforeEach(() => {
  parse = vi.spyOn(JsonText.prototype, "parse");
});
afterEach(() => {
  parse.mockRestore();
});

/** The texts that were parsed since this was asked last. */
function parsed(): string[] {
  const texts = (parse.mock.contexts as JsonText[]).map(({ text }) => text).sort();
  parse.mockClear();
  return texts;
}

async function desk(): Promise<PhotoDesk> {
  const made = await PhotoDesk.with({ metadata: JSON.parse(METADATA), labels: JSON.parse(LABELS) });
  parsed();
  return made;
}

const BOTH = [LABELS, METADATA];

test("a load parses what it shows once, and a save once more what the object has of it", async () => {
  const { photos } = await desk();
  const photo = await photos.get("p1");
  expect(parsed()).toEqual(BOTH);
  photo.title = "mine";
  await photos.save(photo);
  expect(parsed()).toEqual(BOTH);
  await photos.reload(photo);
  expect(parsed()).toEqual(BOTH); // a new object
});

test("a merge parses no JSON that others left alone, and keeps the object that shows it", async () => {
  const place = await desk();
  const photo = await place.photos.get("p1");
  const shown = [photo.metadata, photo.labels];
  await place.other((theirs) => void (theirs.caption = "theirs"));
  parsed();
  photo.title = "mine";
  expect(await place.photos.save(photo)).toMatchObject({ retries: 1 });
  expect(parsed()).toEqual(BOTH); // as a save that is first
  expect(photo.caption).toBe("theirs");
  expect([photo.metadata, photo.labels].map((value, index) => value === shown[index])).toEqual([true, true]);
});

test("a merge with somebody who changed one document parses no other, whoever else looks at all that changed", async () => {
  const place = await desk();
  for (const mode of ["merge", "strict"] as const) {
    const photo = await place.photos.get("p1");
    await place.other((theirs) => void (theirs.metadata = { theirs: mode }));
    parsed();
    photo.title = mode;
    const save = place.photos.save(photo, { mode });
    if (mode === "merge") await save;
    else await expect(save).rejects.toMatchObject({ overlaps: [{ path: "metadata.theirs" }] });
    const texts = parsed();
    expect(texts.filter((text) => text === LABELS)).toEqual([LABELS]);
    expect(texts.length).toBeGreaterThan(2);
  }
});

test("a diff of two states parses what differs in its text alone", () => {
  const before = photoState({ metadata: JSON.parse(METADATA), labels: JSON.parse(LABELS) });
  const after = { ...before, attributes: { ...before.attributes, labels: new JsonText('["x"]') } };
  const changes = diff(photoType, before, after);
  expect(changes).toMatchObject([{ attribute: "labels" }]);
  expect(parsed()).not.toContain(METADATA);
});
