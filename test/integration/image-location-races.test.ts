import { describe, expect, test } from "vitest";
import { InvalidValueError } from "../../domain/distinction/errors.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import { onEveryBackend } from "./backends.js";
import { decided, kept, loadedTwice, oneWon, ORDERS, raced, type Edit } from "./two-writers.js";

const TWO_LOCATIONS: NewImage = {
  locations: [
    ["one", newLocation("file:///1", { zone: "a" })],
    ["two", newLocation("file:///2", { zone: "b" })],
  ],
};

describe("the races of image-style records: locations", () => {
  onEveryBackend((clients) => {
    describe.each(ORDERS)("saving %s", (order) => {
      test("race 9: locations that both add are both there, the first one saved first", async () => {
        const { now } = await kept(clients(), order, TWO_LOCATIONS, located("a"), located("b"));
        const added = [...now.locations.keys()].slice(2);
        expect([...now.locations.keys()].slice(0, 2)).toEqual(["one", "two"]);
        if (order === "at once") expect(added.sort()).toEqual(["a", "b"]);
        else expect(added).toEqual(order === "A first" ? ["a", "b"] : ["b", "a"]);
      });

      test("race 9: of two identical locations one is refused as a duplicate", async () => {
        const same = (id: string): Edit => located(id, "file:///same");
        const { a, b, now } = await raced(clients(), order, {}, same("a"), same("b"));
        const { won, reason } = oneWon(order, { a, b });
        const other = won === "a" ? "b" : "a";
        expect(reason).toBeInstanceOf(InvalidValueError);
        expect(reason).toMatchObject({ faults: [{ path: `locations["${other}"]` }] });
        expect([...now.locations.keys()]).toEqual([won]);
      });

      test("race 9: removing a location conflicts with an edit of its metadata, and not with that of another", async () => {
        const remove: Edit = (image) => image.locations.delete("one");
        const edit =
          (id: string): Edit =>
          (image) =>
            (image.locations.get(id)!.metadata = { zone: "edited" });
        const stored = ({ locations }: Image): unknown =>
          [...locations].map(([id, { metadata }]) => [id, metadata.zone]);
        const finish = await raced(clients(), order, TWO_LOCATIONS, remove, edit("one"));
        const { won, conflict } = decided(finish);
        const left = [["two", "b"]];
        expect(stored(finish.now)).toEqual(won === "a" ? left : [["one", "edited"], ...left]);
        expect(conflict.overlaps.map(({ path }) => path)).toContain('locations["one"]');
        const { now } = await kept(clients(), order, TWO_LOCATIONS, remove, edit("two"));
        expect(stored(now)).toEqual([["two", "edited"]]);
      });

      test("race 10: A's order stands, what B appends comes last", async () => {
        const reorder: Edit = (image) => image.locations.reorder(["two", "one"]);
        const { now } = await kept(clients(), order, TWO_LOCATIONS, reorder, located("new"));
        expect([...now.locations.keys()]).toEqual(["two", "one", "new"]);
      });

      test("race 10: clearing all is stored, and what another appends meanwhile stays", async () => {
        const clear: Edit = (image) => image.locations.clear();
        const { now } = await kept(clients(), order, TWO_LOCATIONS, clear, located("new"));
        expect([...now.locations.keys()]).toEqual(["new"]);
        const untouched = await kept(clients(), order, TWO_LOCATIONS, (image) => (image.name = "x"), located("new"));
        expect([...untouched.now.locations.keys()]).toEqual(["one", "two", "new"]);
      });
    });

    test("race 10: clearing all is no unchanged list", async () => {
      const { a, b } = clients();
      const [image] = await loadedTwice(clients(), TWO_LOCATIONS);
      image.locations.clear();
      expect(await a.save(image)).toMatchObject({ written: true });
      expect((await b.get(image.id)).locations.size).toBe(0);
    });

    test.each<[string, (zone: { deep: unknown[]; x?: unknown }) => unknown, unknown]>([
      ["pushed into a nested array", ({ deep }) => deep.push(2), { deep: [1, 2], x: { y: 1 } }],
      ["set below a nested array", (zone) => (zone.deep[0] = { z: 1 }), { deep: [{ z: 1 }], x: { y: 1 } }],
      ["set in a nested object", ({ x }) => ((x as { y: number }).y = 2), { deep: [1], x: { y: 2 } }],
      ["deleted from a nested object", (zone) => delete zone.x, { deep: [1] }],
    ])("race 20: what is %s of a location's metadata is written, once", async (_, change, expected) => {
      const { a, b } = clients();
      const metadata = { zone: { deep: [1], x: { y: 1 } } };
      const [image] = await loadedTwice(clients(), { locations: [["one", newLocation("file:///1", metadata)]] });
      const listed = (await a.list({ where: { id: { eq: image.id } } })).records[0]!;
      for (const one of [image, listed]) change(one.locations.get("one")!.metadata.zone as { deep: unknown[] });
      expect(await a.save(image)).toMatchObject({ version: 2, written: true });
      expect(await a.save(image)).toMatchObject({ version: 2, written: false });
      expect((await b.get(image.id)).locations.get("one")!.metadata).toEqual({ zone: expected });
      expect(await a.save(listed)).toMatchObject({ version: 2, written: false }); // others wrote the same
    });
  });
});

function located(id: string, url = `file:///${id}`): Edit {
  return (image) => image.locations.set(id, newLocation(url));
}
