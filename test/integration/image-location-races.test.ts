import { describe, expect, test } from "vitest";
import { InvalidValueError } from "../../domain/distinction/errors.js";
import type { NewImage } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import { onEveryBackend } from "./backends.js";
import { decided, kept, loadedTwice, ORDERS, raced, type Edit } from "./two-writers.js";

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
        expect([a.status, b.status].sort()).toEqual(["fulfilled", "rejected"]);
        const [won, refused] = a.status === "fulfilled" ? (["a", b] as const) : (["b", a] as const);
        const other = won === "a" ? "b" : "a";
        expect((refused as PromiseRejectedResult).reason).toBeInstanceOf(InvalidValueError);
        expect(refused).toMatchObject({ reason: { faults: [{ path: `locations["${other}"]` }] } });
        expect([...now.locations.keys()]).toEqual([won]);
      });

      test("race 9: removing a location conflicts with an edit of its metadata, and not with that of another", async () => {
        const remove: Edit = (image) => image.locations.delete("one");
        const edit =
          (id: string): Edit =>
          (image) =>
            (image.locations.get(id)!.metadata = { zone: "edited" });
        const { won } = decided(await raced(clients(), order, TWO_LOCATIONS, remove, edit("one")));
        expect(["a", "b"]).toContain(won);
        const { now } = await kept(clients(), order, TWO_LOCATIONS, remove, edit("two"));
        expect([...now.locations].map(([id, { metadata }]) => [id, metadata.zone])).toEqual([["two", "edited"]]);
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

    test("race 20: a change deep in a location's metadata is noticed, once", async () => {
      const { a, b } = clients();
      const [image] = await loadedTwice(clients(), TWO_LOCATIONS);
      image.locations.get("one")!.metadata.zone = { deep: [1] };
      expect(await a.save(image)).toMatchObject({ written: true });
      expect(await a.save(image)).toMatchObject({ written: false });
      expect((await b.get(image.id)).locations.get("one")!.metadata).toEqual({ zone: { deep: [1] } });
    });
  });
});

function located(id: string, url = `file:///${id}`): Edit {
  return (image) => image.locations.set(id, newLocation(url));
}
