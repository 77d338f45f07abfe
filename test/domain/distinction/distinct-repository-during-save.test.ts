import { describe, expect, test } from "vitest";
import { orderedEntries } from "../../../domain/distinction/record/ordered-entries.js";
import { PhotoDesk } from "../../support/photo-desk.js";
import type { photoState, Photo } from "../../support/photo.js";
import { conflictOf, seen } from "../../support/repository-outcomes.js";

describe("edits made while a save is under way", () => {
  async function editedDuringSave(
    values: Parameters<typeof photoState>[0],
    edit: (photo: Photo) => void,
    editMeanwhile: (photo: Photo) => void,
    foreign?: (photo: Photo) => void,
  ): Promise<{ desk: PhotoDesk; photo: Photo }> {
    const desk = await PhotoDesk.with(values);
    const photo = await desk.photos.get("p1");
    edit(photo);
    desk.store.beforeApply = async (attempt) => {
      if (attempt === 1 && foreign !== undefined) await desk.other(foreign);
      if (attempt === 1) editMeanwhile(photo);
    };
    await desk.photos.save(photo);
    return { desk, photo };
  }

  test("are kept, and saved next time", async () => {
    const { desk, photo } = await editedDuringSave(
      { properties: [["k", "v"]], locations: [["l", { url: "u", size: 1 }]] },
      (photo) => {
        photo.title = "first";
        photo.properties.set("k", "first");
        photo.tags.add("first");
        photo.locations.get("l")!.size = 2;
      },
      (photo) => {
        photo.title = "second";
        photo.properties.set("k", "second").set("n", "second");
        photo.tags.delete("first");
        photo.locations.get("l")!.size = 3;
      },
    );
    const { attributes, collections } = await desk.stored();
    expect([attributes.title, collections.properties!.get("k"), collections.tags!.size]).toEqual(["first", "first", 1]);
    expect(photo.title).toBe("second");
    expect(await desk.photos.save(photo)).toMatchObject({ version: 3, written: true });
    expect(seen(await desk.photos.get("p1"))).toEqual(seen(photo));
    expect(seen(photo)).toMatchObject({
      properties: new Map([
        ["k", "second"],
        ["n", "second"],
      ]),
      tags: new Set(),
      locations: new Map([["l", { url: "u", size: 3 }]]),
    });
  });

  describe("in a list", () => {
    const frame = (url: string) => ({ url, size: null });
    const frames = [..."abc"].map((key) => [key, frame(key)] as const);
    const order = (photo: Photo): string => [...photo.frames.keys()].join("");
    const storedOrder = async (desk: PhotoDesk): Promise<string> => {
      return [...(await desk.stored()).collections.frames!.keys()].join("");
    };

    test("an order made meanwhile is kept, and saved next time with what others appended", async () => {
      const { desk, photo } = await editedDuringSave(
        { frames },
        (photo) => photo.frames.move("c", 0).set("x", frame("x")),
        (photo) => photo.frames.set("z", frame("z")).set("y", frame("y")).move("y", 0).move("a", 1),
        (other) => other.frames.set("t", frame("t")),
      );
      expect(await storedOrder(desk)).toBe("cabtx");
      expect(order(photo)).toBe("yacbtxz");
      expect(desk.photos.changes(photo).changes.at(-1)).toMatchObject({ from: [..."cabtx"], to: [..."yacbtxz"] });
      await desk.photos.save(photo);
      expect(await storedOrder(desk)).toBe("yacbtxz");
    });

    test("what is appended meanwhile stays in its order, also where the save reorders", async () => {
      const { desk, photo } = await editedDuringSave(
        { frames },
        (photo) => photo.frames.reorder("cba"),
        (photo) => photo.frames.set("z", frame("z")).set("y", frame("y")).delete("b"),
      );
      expect(order(photo)).toBe("cazy");
      await desk.photos.save(photo);
      expect(await storedOrder(desk)).toBe("cazy");
      expect(desk.photos.changes(photo).changes).toEqual([]);
    });

    test("an order made meanwhile does not undo another that others made: the next save tells of the conflict", async () => {
      const { desk, photo } = await editedDuringSave(
        { frames },
        (photo) => (photo.title = "first"),
        (photo) => photo.frames.reorder("bac"),
        (other) => other.frames.reorder("cba"),
      );
      expect([order(photo), await storedOrder(desk)]).toEqual(["bac", "cba"]);
      const { overlaps } = await conflictOf(desk.photos.save(photo));
      expect(overlaps).toEqual([
        {
          subject: "frames",
          path: "frames.order",
          policy: "reject",
          original: [..."abc"],
          mine: [..."bac"],
          theirs: [..."cba"],
        },
      ]);
      await desk.photos.save(photo, { force: ["frames"] });
      expect(await storedOrder(desk)).toBe("bac");
    });

    test("a list assigned meanwhile is kept, with what others appended", async () => {
      const { desk, photo } = await editedDuringSave(
        { frames },
        (photo) => photo.frames.set("x", frame("x")),
        (photo) => (photo.frames = orderedEntries([..."xcb"].map((key) => [key, frame(key)]))),
        (other) => other.frames.set("t", frame("t")),
      );
      await desk.photos.save(photo);
      // The first save stored abctx: there t follows c, not the last.
      expect([order(photo), await storedOrder(desk)]).toEqual(["xctb", "xctb"]);
    });
  });

  test("are kept where the caller replaced a collection meanwhile", async () => {
    const { desk, photo } = await editedDuringSave(
      { properties: [["k", "v"]] },
      (photo) => photo.properties.set("first", "1"),
      (photo) => (photo.properties = new Map([["second", "2"]])),
      (other) => other.properties.set("theirs", "t"),
    );
    await desk.photos.save(photo);
    expect((await desk.stored()).collections.properties).toEqual(
      new Map([
        ["second", "2"],
        ["theirs", "t"],
      ]),
    );
    expect(new Map(photo.properties)).toEqual(
      new Map([
        ["second", "2"],
        ["theirs", "t"],
      ]),
    );
  });

  test("do not take back what others wrote elsewhere in the same JSON", async () => {
    const { desk, photo } = await editedDuringSave(
      { metadata: { mine: 0, theirs: 0, later: 0 } },
      (photo) => ((photo.metadata as { mine: number }).mine = 1),
      (photo) => ((photo.metadata as { later: number }).later = 1),
      (other) => ((other.metadata as { theirs: number }).theirs = 1),
    );
    await desk.photos.save(photo);
    expect((await desk.photos.get("p1")).metadata).toEqual({ mine: 1, theirs: 1, later: 1 });
    expect(photo.metadata).toEqual({ mine: 1, theirs: 1, later: 1 });
  });

  test("conflict where others changed the same thing unseen, on the next save", async () => {
    const { desk, photo } = await editedDuringSave(
      { properties: [["k", "v"]] },
      (photo) => (photo.title = "first"),
      (photo) => {
        photo.caption = "mine";
        photo.properties.set("k", "mine");
      },
      (other) => {
        other.caption = "theirs";
        other.properties.set("k", "theirs");
        other.origin = "theirs";
      },
    );
    expect([photo.origin, photo.caption]).toEqual(["theirs", "mine"]);
    const { overlaps } = await conflictOf(desk.photos.save(photo));
    expect(overlaps).toMatchObject([
      { subject: "caption", path: "caption", original: null, mine: "mine", theirs: "theirs" },
      { subject: "properties", path: 'properties["k"]', original: "v", mine: "mine", theirs: "theirs" },
    ]);
    expect((await desk.stored()).attributes.caption).toBe("theirs");
  });

  test("of a counter add up with everybody's", async () => {
    const { desk, photo } = await editedDuringSave(
      {},
      (photo) => void photo.views++,
      (photo) => void photo.views++,
      (other) => (other.views += 5),
    );
    await desk.photos.save(photo);
    expect([photo.views, (await desk.stored()).attributes.views]).toEqual([7, 7]);
  });

  test("that are invalid do not spoil the save under way; the next one tells", async () => {
    const { desk, photo } = await editedDuringSave(
      { properties: [["k", "v"]] },
      (photo) => (photo.title = "first"),
      (photo) => {
        photo.views = NaN;
        photo.properties = 5 as never;
        photo.tags = new Set([1]) as never;
      },
      (other) => other.properties.set("theirs", "t"),
    );
    expect((await desk.stored()).attributes.title).toBe("first");
    await expect(desk.photos.save(photo)).rejects.toMatchObject({
      faults: [{ path: "views" }, { path: "properties" }, { path: "tags" }],
    });
  });

  test("two saves of one object at once take turns: the second writes what the first has not", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "one";
    const first = desk.photos.save(photo);
    photo.caption = "two";
    const second = desk.photos.save(photo);
    const results = await Promise.all([first, second]);
    // The second save's changes were made before the first one's turn came: one write holds both.
    expect(results).toEqual([
      { version: 2, written: true, retries: 0 },
      { version: 2, written: false, retries: 0 },
    ]);
    photo.title = "three";
    desk.store.beforeApply = () => void (photo.caption = "four");
    await Promise.all([desk.photos.save(photo), desk.photos.save(photo)]);
    expect((await desk.stored()).attributes).toMatchObject({ title: "three", caption: "four" });
    expect((await desk.stored()).version).toBe(4);
  });

  test("a failed save does not hold up the next one", async () => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    photo.title = "x";
    desk.store.beforeApply = (attempt) => {
      if (attempt === 1) throw new Error("down");
    };
    const [first, second] = await Promise.allSettled([desk.photos.save(photo), desk.photos.save(photo)]);
    expect([first.status, second.status]).toEqual(["rejected", "fulfilled"]);
  });
});
