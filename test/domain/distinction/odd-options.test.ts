import { describe, expect, test } from "vitest";
import type { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { PhotoDesk } from "../../support/photo-desk.js";
import type { Photo, photoType } from "../../support/photo.js";

type Photos = DistinctRepository<typeof photoType>;
type Row = readonly [name: string, options: unknown, path: string, reason: RegExp];

/** Options that callers without static types give, and that would be passed over in silence or read as something else. */
const SAVE: readonly Row[] = [
  ["no object", 5, "options", /a plain object, got number/],
  ["null", null, "options", /got null/],
  ["a Map", new Map([["force", ["title"]]]), "options", /got Map/],
  [
    "a misspelt name",
    { forced: ["title"] },
    "forced",
    /unknown option; known: actor, signal, deadline, mode, expect, force/,
  ],
  ["what only the repository asks of itself", { derived: true }, "derived", /unknown option; known: /],
  ["another mode", { mode: "theirs" }, "mode", /one of merge, strict, got string/],
  ["one guard without its array", { expect: "title" }, "expect", /an array of names, got string/],
  ["guards that are a Set", { expect: new Set(["title"]) }, "expect", /got Set/],
  ["a guard that is no name", { expect: [5] }, "expect", /an array of names/],
  ["a guard that names nothing", { expect: ["titel"] }, "titel", /unknown attribute of photo, in expect/],
  ["one forced name without its array", { force: "title" }, "force", /an array of names and of/],
  ["a forced entry without its key", { force: [["properties"]] }, "force", /an array of names and of/],
  ["a forced entry with a number", { force: [["properties", 5]] }, "force", /an array of names and of/],
  ["a forced null", { force: [null] }, "force", /an array of names and of/],
  ["a signal that is none", { signal: 5 }, "signal", /an AbortSignal, got number/],
  ["the controller in place of its signal", { signal: new AbortController() }, "signal", /got AbortController/],
  ["an actor that is no text", { actor: 5 }, "actor", /text, got number/],
  ["no actor's name", { actor: "" }, "actor", /a name, got none/],
  ["an actor longer than the history keeps", { actor: "x".repeat(256) }, "actor", /at most 255 characters/],
  ["a deadline of no length", { deadline: NaN }, "deadline", /milliseconds, 0 or more, got NaN/],
  ["a deadline that is text", { deadline: "5" }, "deadline", /milliseconds, 0 or more, got string/],
];

const WRITERS: readonly [name: string, save: (photos: Photos, photo: Photo, options: never) => Promise<unknown>][] = [
  ["save", (photos, photo, options) => photos.save(photo, options)],
  ["trySave", (photos, photo, options) => photos.trySave(photo, options)],
  ["saveAll", (photos, photo, options) => photos.saveAll([photo], options)],
  ["explain", (photos, photo, options) => photos.explain(photo, options)],
  ["update", (photos, _, options) => photos.update("p1", (one) => void (one.title = "new"), options)],
];

describe("options of a save are refused before anything is written:", () => {
  describe.each(SAVE)("%s", (_, options, path, reason) => {
    test.each(WRITERS)("%s", async (_name, save) => {
      const { photos, stored, store } = await deskWithEdit();
      const fault = { path, reason: expect.stringMatching(reason) as string };
      await expect(save(photos.repository, photos.edited, options as never)).rejects.toMatchObject({
        code: "INVALID_VALUE",
        record: "photo",
        faults: [fault],
      });
      expect(store.calls).not.toContain("apply");
      expect((await stored()).version).toBe(1);
    });
  });
});

describe("options of additions and removals are refused before anything is written:", () => {
  test.each([
    ["no object", 5, "options"],
    ["a misspelt name", { acter: "me" }, "acter"],
    ["an option of saves", { mode: "strict" }, "mode"],
    ["an actor that is no text", { actor: {} }, "actor"],
  ])("%s", async (_, options, path) => {
    const { photos, stored } = await deskWithEdit();
    const { repository, edited } = photos;
    const refusal = { code: "INVALID_VALUE", faults: [{ path }] };
    const other = repository.create({ id: "p2" });
    await expect(repository.add(other, options as never)).rejects.toMatchObject(refusal);
    await expect(repository.addAll([other], options as never)).rejects.toMatchObject(refusal);
    await expect(repository.remove(edited, options as never)).rejects.toMatchObject(refusal);
    expect((await stored()).version).toBe(1);
    expect(await repository.find("p2")).toBeUndefined();
  });
});

describe("a list is refused that would answer something else than was asked:", () => {
  test.each<Row>([
    ["no object", 5, "query", /a plain object, got number/],
    ["null", null, "query", /got null/],
    [
      "a misspelt name",
      { were: { title: { eq: "x" } } },
      "were",
      /unknown option; known: where, sort, limit, after, scope/,
    ],
    ["a number of conditions", { where: 5 }, "where", /a plain object, got number/],
    ["null of conditions", { where: null }, "where", /got null/],
    ["a Map of conditions", { where: new Map([["title", { eq: "x" }]]) }, "where", /got Map/],
    ["a condition that is none", { where: [{ title: { eq: "x" } }, 5] }, "where", /got number/],
    ["an unknown attribute", { where: { titel: { eq: "x" } } }, "titel", /unknown attribute/],
    ["a value in place of comparisons", { where: { title: "x" } }, "title", /comparisons such as/],
    ["a Date in place of comparisons", { where: { takenAt: new Date(0) } }, "takenAt", /comparisons .* got Date/],
    ["an array in place of comparisons", { where: { title: ["x"] } }, "title", /comparisons .* got an array/],
    ["an unknown comparison", { where: { title: { like: "x" } } }, "title.like", /one of eq, neq/],
    [
      "text in place of a list of values",
      { where: { title: { in: "x" } } },
      "title.in",
      /a list of values, got string/,
    ],
    ["an order that is no array", { sort: { by: "title" } }, "sort", /an array, got Object/],
    ["an order of names", { sort: ["title"] }, "sort", /a plain object, got string/],
    ["an order without a name", { sort: [{ order: "asc" }] }, "sort", /by: a name is needed/],
    ["a misspelt order", { sort: [{ by: "title", dir: "desc" }] }, "sort", /dir: unknown option; known: by, order/],
    ["another order", { sort: [{ by: "title", order: "down" }] }, "sort", /order: one of asc, desc/],
    ["no records", { limit: 0 }, "limit", /between 1 and 1000, got 0/],
    ["text for a limit", { limit: "5" }, "limit", /a whole number .* got string/],
    ["a scope of keys that are no text", { scope: { properties: [5] } }, "scope.properties", /got number at \[0\]$/],
    ["a scope that is none", { scope: 5 }, "scope", /a plain object, got number/],
    ["an id that is none", { after: null }, "id", /text, got null/],
  ])("%s", async (_, query, path, reason) => {
    const { photos, store } = await deskWithEdit();
    const fault = { path, reason: expect.stringMatching(reason) as string };
    const listed = photos.repository.list(query as never);
    await expect(listed).rejects.toMatchObject({ code: "INVALID_VALUE", record: "photo", faults: [fault] });
    expect(store.calls).not.toContain("list");
  });
});

/** The stored photo `p1`, with an edit that is not saved. */
async function deskWithEdit() {
  const desk = await PhotoDesk.with();
  const edited = await desk.photos.get("p1");
  edited.title = "edited";
  return { photos: { repository: desk.photos, edited }, store: desk.store, stored: () => desk.stored() };
}
