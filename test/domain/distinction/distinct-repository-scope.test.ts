import { describe, expect, test } from "vitest";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { recordType } from "../../../domain/distinction/types/record-type.js";
import { MemoryRecordStore } from "../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../support/fake-clock.js";
import { PhotoDesk } from "../../support/photo-desk.js";
import { withInitial } from "../../../domain/distinction/types/attribute-rules.js";
import { instant } from "../../../domain/distinction/types/instant-type.js";
import { integer } from "../../../domain/distinction/types/number-types.js";
import { text } from "../../../domain/distinction/types/text-types.js";
import { code, conflictOf } from "../../support/repository-outcomes.js";

describe("a record loaded in part", () => {
  const properties: [string, string][] = [
    ["a", "1"],
    ["b", "2"],
    ["c", "3"],
  ];

  test("is saved without looking at, or touching, the rest", async () => {
    const desk = await PhotoDesk.with({ properties, tags: ["t"] });
    const photo = await desk.photos.get("p1", { properties: ["a", "b", "new"] });
    expect(() => photo.properties.get("c")).toThrow(code("NOT_LOADED"));
    photo.properties.set("a", "x").set("new", "n").delete("b");
    photo.tags.add("u"); // not named in the scope: loaded whole
    await desk.photos.save(photo);
    const { collections } = await desk.stored();
    expect(collections.properties).toEqual(
      new Map([
        ["a", "x"],
        ["c", "3"],
        ["new", "n"],
      ]),
    );
    expect([...collections.tags!.keys()]).toEqual(["t", "u"]);
  });

  test("merges, and knows no more afterwards than before", async () => {
    const desk = await PhotoDesk.with({ properties });
    const photo = await desk.photos.get("p1", { properties: ["a", "b"] });
    photo.properties.set("a", "mine");
    await desk.other((other) => void other.properties.set("b", "theirs").set("c", "theirs").delete("a"));
    await conflictOf(desk.photos.save(photo));
    await desk.other((other) => void other.properties.set("a", "1"));
    await desk.photos.save(photo);
    expect([photo.properties.get("a"), photo.properties.get("b")]).toEqual(["mine", "theirs"]);
    expect(() => photo.properties.get("c")).toThrow(code("NOT_LOADED"));
    expect((await desk.stored()).collections.properties!.get("c")).toBe("theirs");
    photo.properties.set("b", "again");
    expect(await desk.photos.save(photo)).toMatchObject({ written: true, retries: 0 });
  });

  test("keeps its scope when it is reloaded", async () => {
    const desk = await PhotoDesk.with({ properties });
    const photo = await desk.photos.reload(await desk.photos.get("p1", { properties: ["a"] }));
    expect(() => photo.properties.size).toThrow(code("NOT_LOADED"));
  });

  test("refuses to replace a collection that it does not know whole", async () => {
    const desk = await PhotoDesk.with({ properties });
    const photo = await desk.photos.get("p1", { properties: ["a"] });
    photo.properties = new Map([["c", "blind"]]);
    await expect(desk.photos.save(photo)).rejects.toMatchObject(code("NOT_LOADED"));
    expect((await desk.stored()).collections.properties).toEqual(new Map(properties));
  });
});

describe("a stamp", () => {
  const type = recordType({
    name: "note",
    key: "id",
    attributes: { id: text(5), title: text(20), hits: withInitial(integer(), 0), changedAt: instant() },
    policies: { hits: "sum" },
    stamp: "changedAt",
  });
  async function notes() {
    const clock = new FakeClock(1_000_000_000_000);
    const repository = new DistinctRepository(type, new MemoryRecordStore(type), {
      clock,
      random: () => 0.5,
      firstVersion: () => 1,
    });
    await repository.add(repository.create({ id: "n", title: "", changedAt: new Date(clock.now()) }));
    return { clock, repository };
  }

  test("is set by every effective write and shows in the object", async () => {
    const { clock, repository } = await notes();
    const note = await repository.get("n");
    clock.advance(1000);
    await repository.save(note);
    expect(note.changedAt).toEqual(new Date(1_000_000_000_000));
    note.title = "x";
    await repository.save(note);
    expect(note.changedAt).toEqual(new Date(1_000_000_001_000));
    expect((await repository.get("n")).changedAt).toEqual(note.changedAt);
    expect(repository.changes(note).changes).toEqual([]);
  });

  test("never conflicts between writers", async () => {
    const { clock, repository } = await notes();
    const [one, two] = [await repository.get("n"), await repository.get("n")];
    one.title = "one";
    two.hits = 1;
    await repository.save(one);
    clock.advance(5000);
    expect(await repository.save(two)).toMatchObject({ version: 3, retries: 1 });
    expect(two.title).toBe("one");
    expect(two.changedAt.getTime()).toBeGreaterThanOrEqual(1_000_000_005_000);
  });

  test("cannot be set by callers", async () => {
    const { repository } = await notes();
    const note = await repository.get("n");
    note.changedAt = new Date(0);
    await expect(repository.save(note)).rejects.toMatchObject({ faults: [{ path: "changedAt" }] });
  });
});
