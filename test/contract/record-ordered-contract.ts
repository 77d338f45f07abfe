import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { ConflictError } from "../../domain/distinction/errors.js";
import { orderedEntries } from "../../domain/distinction/record/ordered-entries.js";
import type { RecordStore } from "../../domain/distinction/record-store.js";
import { HOSTILE_NAMES } from "../support/arbitraries.js";
import { FakeClock } from "../support/fake-clock.js";
import { galleryType, picture, picturesOf, shownOrder, type Gallery, type NewGallery } from "../support/gallery.js";
import { code } from "../support/repository-outcomes.js";

type Galleries = DistinctRepository<typeof galleryType>;

/** What every record store does with ordered collections. */
export function recordOrderedContract(name: string, open: () => Promise<RecordStore>): void {
  describe(`lists in a record store: ${name}`, () => {
    let galleries: Galleries;
    let others: Galleries;
    let count = 0;
    beforeAll(async () => {
      const store = await open();
      const environment = { clock: new FakeClock(), random: () => 0.5 };
      galleries = new DistinctRepository(galleryType, store, environment);
      others = new DistinctRepository(galleryType, store, environment);
    });
    afterAll(() => expect(count).toBeGreaterThan(0));

    const idOf = ({ town, number }: Gallery): { town: string; number: number } => ({ town, number });
    const stored = (gallery: Gallery): Promise<Gallery> => others.get(idOf(gallery));

    async function added(values: NewGallery | string): Promise<Gallery> {
      const given = typeof values === "string" ? { pictures: picturesOf(values) } : values;
      const gallery = galleries.create({ town: name.slice(0, 20), number: ++count, ...given });
      await galleries.add(gallery);
      // Another list beside it, whose positions must not count.
      await galleries.add(galleries.create({ town: "beside", number: count, pictures: picturesOf("qwertyuiop") }));
      return galleries.get(idOf(gallery));
    }

    /** What is stored after `edit` was saved. */
    async function after(before: NewGallery | string, edit: (gallery: Gallery) => void): Promise<Gallery> {
      const gallery = await added(before);
      edit(gallery);
      await galleries.save(gallery);
      const result = await stored(gallery);
      for (const list of ["pictures", "rooms"] as const) expect([...gallery[list]]).toEqual([...result[list]]);
      expect(galleries.changes(gallery).changes).toEqual([]);
      return result;
    }

    test("an order is loaded as it was added, whatever the keys", async () => {
      const names = [...HOSTILE_NAMES].reverse();
      const rooms = [...names, "long".repeat(200)].map((key, index) => [key, String(index)] as const);
      const gallery = await added({ pictures: picturesOf(names), rooms });
      expect([...gallery.pictures.keys()]).toEqual(names);
      expect([...gallery.rooms]).toEqual(rooms);
    });

    test("what is appended comes last, in its order", async () => {
      const result = await after("ba", ({ pictures, rooms }) => {
        for (const [key, entry] of picturesOf("zcy")) pictures.set(key, entry);
        rooms.set("z", "1").set("a", "2");
      });
      expect([shownOrder(result), [...result.rooms.keys()]]).toEqual(["bazcy", ["z", "a"]]);
    });

    test("entries that are edited keep their places, those that come again come last", async () => {
      const result = await after("cba", ({ pictures }) => {
        pictures.set("b", picture("B", 1)).set("d", picture("d"));
        pictures.get("c")!.url = "C";
      });
      expect([...result.pictures]).toEqual([
        ["c", picture("C")],
        ["b", picture("B", 1)],
        ["a", picture("a")],
        ["d", picture("d")],
      ]);
      result.pictures.delete("c");
      await others.save(result);
      result.pictures.set("c", picture("again"));
      await others.save(result);
      expect(shownOrder(await stored(result))).toBe("badc");
    });

    test("entries are moved, with and without other changes", async () => {
      expect(shownOrder(await after("abc", ({ pictures }) => pictures.move("c", 0)))).toBe("cab");
      const result = await after("abcd", ({ pictures }) => {
        pictures.delete("b");
        pictures.set("x", picture("x")).set("a", picture("A", 2)).set("y", picture("y"));
        pictures.reorder("ydxca");
      });
      expect([...result.pictures]).toEqual([...picturesOf("ydxc"), ["a", picture("A", 2)]]);
      result.pictures.set("e", picture("e"));
      await others.save(result);
      expect(shownOrder(await stored(result))).toBe("ydxcae");
    });

    test("content and order are assigned, and cleared", async () => {
      const result = await after("abc", (gallery) => (gallery.pictures = orderedEntries(picturesOf("xcb"))));
      expect(shownOrder(result)).toBe("xcb");
      result.pictures.clear();
      await others.save(result);
      expect((await stored(result)).pictures.size).toBe(0);
      result.pictures.set("n", picture("n"));
      await others.save(result);
      expect(shownOrder(await stored(result))).toBe("n");
    });

    test("hundreds of entries at once are appended, and reversed", async () => {
      const keys = Array.from({ length: 500 }, (_, index) => `k${(index * 7919) % 500}`);
      const appended = await after("ba", ({ pictures }) => keys.forEach((key) => pictures.set(key, picture(key))));
      expect([...appended.pictures.keys()]).toEqual(["b", "a", ...keys]);
      appended.pictures.reorder([...appended.pictures.keys()].reverse());
      await others.save(appended);
      expect([...(await stored(appended)).pictures.keys()]).toEqual([...keys.toReversed(), "a", "b"]);
    });

    test.each([
      ["both append", "a", "acb", "aed", "acbed"],
      ["one reorders, the other appends", "abc", "cba", "abcd", "cbad"],
      ["one appends, the other reorders", "abc", "abcd", "cba", "cbad"],
      ["one inserts, the other appends", "ab", "axb", "aby", "axby"],
      ["one removes, the other reorders", "abc", "ac", "cba", "ca"],
      ["one reorders, the other removes", "abc", "cba", "ac", "ca"],
      ["both reorder to the same effect", "abc", "cba", "cba", "cba"],
    ])("%s: both are kept", async (_, before, theirs, mine, expected) => {
      const gallery = await added(before);
      await others.update(idOf(gallery), (other) => void (other.pictures = orderedEntries(picturesOf(theirs))));
      gallery.pictures = orderedEntries(picturesOf(mine));
      await galleries.save(gallery);
      expect(shownOrder(await stored(gallery))).toBe(expected);
      expect(shownOrder(gallery)).toBe(expected);
    });

    test("one edits, the other reorders: both are kept", async () => {
      const gallery = await added("abc");
      await others.update(idOf(gallery), ({ pictures }) => void pictures.set("b", picture("B", 3)));
      gallery.pictures.reorder("cba");
      await galleries.save(gallery);
      expect([...(await stored(gallery)).pictures]).toEqual([
        ["c", picture("c")],
        ["b", picture("B", 3)],
        ["a", picture("a")],
      ]);
    });

    test("both reorder differently: a conflict at the order; forced, mine is stored", async () => {
      const gallery = await added("abc");
      await others.update(idOf(gallery), ({ pictures }) => void pictures.reorder("cba"));
      gallery.pictures.reorder("bac");
      const conflict = await galleries.save(gallery).catch((error: unknown) => error);
      expect(conflict).toBeInstanceOf(ConflictError);
      expect((conflict as ConflictError).overlaps).toMatchObject([{ path: "pictures.order", theirs: [..."cba"] }]);
      expect(shownOrder(gallery)).toBe("bac");
      await galleries.save(gallery, { force: ["pictures"] });
      expect(shownOrder(await stored(gallery))).toBe("bac");
    });

    test("a record of which only some entries were loaded can be appended to", async () => {
      const gallery = await added("cab");
      const part = await galleries.get(idOf(gallery), { pictures: ["a", "z"] });
      part.pictures.set("z", picture("z")).set("a", picture("A"));
      await others.update(idOf(gallery), ({ pictures }) => void pictures.set("y", picture("y")));
      await galleries.save(part);
      expect(shownOrder(await stored(gallery))).toBe("cabyz");
      expect(() => part.pictures.move("a", 0)).toThrow(code("NOT_LOADED"));
    });

    test("batches add, append, edit and reorder, also where others came first", async () => {
      const made = [1, 2, 3].map((number) => {
        return galleries.create({ town: `batch of ${name}`.slice(0, 20), number, pictures: picturesOf("cba") });
      }) as [Gallery, Gallery, Gallery];
      await galleries.addAll(made);
      for (const gallery of made) expect(shownOrder(await stored(gallery))).toBe("cba");
      const [first, second, third] = made;
      first.pictures.move("a", 0);
      second.pictures.set("z", picture("z")).set("b", picture("B")).set("y", picture("y")).delete("c");
      third.pictures.set("z", picture("z"));
      await others.update(idOf(third), ({ pictures }) => void pictures.reorder("abc"));
      await galleries.saveAll(made);
      const results = await others.getMany(made.map(idOf));
      expect(results.map(shownOrder)).toEqual(["acb", "bazy", "abcz"]);
      expect(results[1]!.pictures.get("b")!.url).toBe("B");
      expect(made.map(shownOrder)).toEqual(results.map(shownOrder));
      const page = await others.list({ where: { town: { eq: first.town } } });
      expect(page.records.map(shownOrder)).toEqual(results.map(shownOrder));
    });
  });
}
