import { describe, expect, test } from "vitest";
import { RemovedMeanwhileError } from "../../../../domain/distinction/errors.js";
import { PhotoDesk } from "../../../support/photo-desk.js";
import { code, conflictOf } from "../../../support/repository-outcomes.js";

describe("force", () => {
  test("writes a value that is the original one over a foreign change", async () => {
    const desk = await PhotoDesk.with({ title: "old", properties: [["k", "old"]] });
    const photo = await desk.photos.get("p1");
    await desk.photos.update("p1", (other) => {
      other.title = "theirs";
      other.properties.set("k", "theirs");
    });
    const result = await desk.photos.save(photo, { force: ["title", ["properties", "k"]] });
    expect(result).toMatchObject({ written: true, retries: 1 });
    const stored = await desk.photos.get("p1");
    expect([stored.title, stored.properties.get("k")]).toEqual(["old", "old"]);
  });

  test("lets a changed value win over a foreign one, and leaves the rest to the policies", async () => {
    const desk = await PhotoDesk.with({ title: "old", caption: "old" });
    const photo = await desk.photos.get("p1");
    await desk.photos.update("p1", (other) => void (other.title = "theirs"));
    photo.title = "mine";
    await desk.photos.save(photo, { force: ["title"] });
    expect((await desk.photos.get("p1")).title).toBe("mine");
    await desk.photos.update("p1", (other) => void (other.caption = "theirs"));
    photo.caption = "mine";
    await conflictOf(desk.photos.save(photo, { force: ["title"] }));
  });

  test.each([[["titel"]], [["tags"]], [[["title", "k"]]]])("%j, which cannot be forced, is refused", async (force) => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    await expect(desk.photos.save(photo, { force: force as never })).rejects.toMatchObject(code("INVALID_VALUE"));
  });
});

describe("trySave and deadline", () => {
  test("trySave answers a conflict as a result, and a save as one", async () => {
    const desk = await PhotoDesk.with({ title: "old" });
    const photo = await desk.photos.get("p1");
    await desk.photos.update("p1", (other) => void (other.title = "theirs"));
    photo.title = "mine";
    const tried = await desk.photos.trySave(photo);
    expect(tried).toMatchObject({ kind: "conflict", conflict: { overlaps: [{ mine: "mine", theirs: "theirs" }] } });
    photo.title = "old";
    photo.caption = "c";
    expect(await desk.photos.trySave(photo)).toMatchObject({ kind: "saved", written: true });
    photo.title = "much longer than twenty characters";
    await expect(desk.photos.trySave(photo)).rejects.toMatchObject(code("INVALID_VALUE"));
  });

  test("a removal meanwhile is a result of its own, and tells of which version; a save throws it", async () => {
    const desk = await PhotoDesk.with({ title: "old" });
    await desk.photos.update("p1", (other) => void (other.title = "older"));
    const photo = await desk.photos.get("p1");
    await desk.photos.remove(await desk.photos.get("p1"));
    photo.title = "mine";
    const told = {
      code: "RECORD_NOT_FOUND",
      record: "photo",
      id: "p1",
      baseVersion: 2,
      message: "photo p1: removed since it was loaded at version 2",
    };
    const tried = await desk.photos.trySave(photo);
    expect(tried).toMatchObject({ kind: "removed", removed: told });
    for (const attempt of [
      () => desk.photos.save(photo),
      () => desk.photos.save(photo, { signal: new AbortController().signal }),
      () => desk.photos.saveAll([photo]),
      () => desk.photos.remove(photo),
      () => desk.photos.reload(photo),
    ]) {
      const refused = expect(attempt()).rejects;
      await refused.toBeInstanceOf(RemovedMeanwhileError);
      await expect(attempt()).rejects.toMatchObject(told);
    }
    photo.title = "older";
    expect(await desk.photos.trySave(photo, { expect: ["title"] })).toMatchObject({ kind: "removed" });
    expect(await desk.photos.find("p1")).toBeUndefined();
  });

  test("a save's own deadline ends its retries", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "mine";
    desk.store.beforeApply = async () => {
      desk.clock.advance(60);
      const [other] = await desk.memory.load([["p1"]]);
      await desk.memory.revise(["p1"], () => [
        { kind: "attribute.set", attribute: "views", from: other!.attributes.views, to: other!.version },
      ]);
    };
    await expect(desk.photos.save(photo, { deadline: 50 })).rejects.toMatchObject(code("RETRIES_EXHAUSTED"));
    expect((await desk.photos.get("p1")).title).toBe("");
  });
});
