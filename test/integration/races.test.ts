import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Subject } from "../../domain/distinction/save/save-options.js";
import type { Image } from "../../domain/image/image-type.js";
import { closeAll, environment, newImage, onEveryBackend, onServer, sqlClients, type Clients } from "./backends.js";
import {
  childRows,
  decided,
  FOO_GOO,
  inOrder,
  kept,
  loadedTwice,
  oneWon,
  ORDERS,
  raced,
  setFoo,
  setGoo,
  storedRows,
  type Edit,
} from "./two-writers.js";

describe("two writers who loaded the same version", () => {
  onEveryBackend((clients) => {
    describe.each(ORDERS)("saving %s", (order) => {
      test("race 1: both keep their change of different properties", async () => {
        const { now, version } = await kept(clients(), order, FOO_GOO, setFoo("baz"), setGoo("yuck"));
        expect(Object.fromEntries(now.properties)).toEqual({ foo: "baz", goo: "yuck" });
        expect(version).toBe(3);
      });

      test("race 3: both keep their change of different attributes", async () => {
        const { now } = await kept(
          clients(),
          order,
          { name: "old" },
          (image) => (image.name = "new"),
          (image) => (image.minRam = 512),
        );
        expect(now).toMatchObject({ name: "new", minRam: 512 });
      });

      test("race 4: a property that one adds survives the other's rename", async () => {
        const { now } = await kept(
          clients(),
          order,
          { name: "old" },
          (image) => image.properties.set("added", "1"),
          (image) => (image.name = "new"),
        );
        expect([now.name, now.properties.get("added")]).toEqual(["new", "1"]);
      });

      test("race 4: a property that one deletes stays gone after the other's rename", async () => {
        const { now } = await kept(
          clients(),
          order,
          FOO_GOO,
          (image) => image.properties.delete("foo"),
          (image) => (image.name = "new"),
        );
        expect([now.name, [...now.properties.keys()]]).toEqual(["new", ["goo"]]);
      });

      test("race 2: two values for the same property conflict, and the second learns all three", async () => {
        const finish = await raced(clients(), order, FOO_GOO, setFoo("a"), setFoo("b"));
        const { won, conflict } = decided(finish);
        const [stored, refused] = won === "a" ? ["a", "b"] : ["b", "a"];
        expect(finish.now.properties.get("foo")).toBe(stored);
        expect(conflict.overlaps).toEqual([
          {
            subject: "properties",
            path: 'properties["foo"]',
            policy: "reject",
            original: "bar",
            mine: refused,
            theirs: stored,
          },
        ]);
        expect([conflict.baseVersion, conflict.currentVersion, finish.version]).toEqual([1, 2, 2]);
      });

      test("race 2: under the policy `mine` the last writer of a property wins", async () => {
        const policies = { properties: "mine" } as const;
        const [a, b] = clients().stores.map((store) => new DistinctImageRepository(store, environment, {}, policies));
        const image = newImage(FOO_GOO);
        await a!.add(image);
        const [ofA, ofB] = [await a!.get(image.id), await b!.get(image.id)];
        setFoo("a")(ofA);
        setFoo("b")(ofB);
        const outcomes = await inOrder(
          order,
          () => a!.save(ofA),
          () => b!.save(ofB),
        );
        expect(outcomes).toMatchObject({ a: { status: "fulfilled" }, b: { status: "fulfilled" } });
        const now = await a!.get(image.id);
        const last = { "A first": ["b"], "B first": ["a"], "at once": ["a", "b"] }[order];
        expect(last).toContain(now.properties.get("foo"));
        expect(a!.versionOf(now)).toBe(3);
      });

      test.each<[string, (image: Image) => unknown, Edit, Subject]>([
        ["an attribute", ({ name }) => name, (image) => (image.name = "new"), "name"],
        ["a property", ({ properties }) => properties.get("foo"), setFoo("new"), ["properties", "foo"]],
      ])(
        "race 7: who forces the value of %s that was loaded takes back what came before",
        async (_, read, edit, it) => {
          const { a, b } = clients();
          const [ofA, ofB] = await loadedTwice(clients(), { name: "old", properties: [["foo", "old"]] });
          edit(ofA);
          const outcomes = await inOrder(
            order,
            () => a.save(ofA),
            () => b.save(ofB, { force: [it] }),
          );
          if (outcomes.a.status === "rejected" || outcomes.b.status === "rejected") throw new Error("one was refused");
          const isLast = { "A first": true, "B first": false, "at once": outcomes.b.value.version === 3 }[order];
          expect(read(await a.get(ofA.id))).toBe(isLast ? "old" : "new");
          expect([outcomes.a.value, outcomes.b.value].map(({ version }) => version).sort()).toEqual([2, 3]);
        },
      );

      test("the same value for the same property is no conflict", async () => {
        const { now, version } = await kept(clients(), order, FOO_GOO, setFoo("same"), setFoo("same"));
        expect([now.properties.get("foo"), version]).toEqual(["same", 2]);
      });

      test("race 5: deleting a property conflicts with editing it", async () => {
        const remove: Edit = (image) => image.properties.delete("foo");
        const finish = await raced(clients(), order, FOO_GOO, remove, setFoo("edited"));
        const { won, conflict } = decided(finish);
        expect(finish.now.properties.get("foo")).toBe(won === "a" ? undefined : "edited");
        expect(conflict.overlaps).toMatchObject([
          won === "a"
            ? { subject: "properties", path: 'properties["foo"]', original: "bar", mine: "edited", theirs: undefined }
            : { subject: "properties", path: 'properties["foo"]', original: "bar", mine: undefined, theirs: "edited" },
        ]);
      });

      test("race 6: both may create the same property with the same value", async () => {
        const { now, version } = await kept(clients(), order, {}, setFoo("same"), setFoo("same"));
        expect([[...now.properties], version]).toEqual([[["foo", "same"]], 2]);
      });

      test("race 6: the same new property with different values is a conflict, not a broken key", async () => {
        const finish = await raced(clients(), order, {}, setFoo("a"), setFoo("b"));
        const { won, conflict } = decided(finish);
        expect(finish.now.properties.get("foo")).toBe(won);
        expect(conflict.overlaps).toMatchObject([
          { subject: "properties", path: 'properties["foo"]', original: undefined, theirs: won },
        ]);
      });

      test("race 7: who writes back the value that was loaded changes nothing", async () => {
        const finish = await kept(clients(), order, { ...FOO_GOO, name: "old" }, setFoo("baz"), (image) => {
          image.properties.set("foo", "bar");
          image.name = "detour";
          image.name = "old";
        });
        expect([finish.now.properties.get("foo"), finish.now.name, finish.version]).toEqual(["baz", "old", 2]);
        expect(finish.b).toMatchObject({ value: { written: false } });
      });

      test("race 8: tags that both add are all there, the same one once", async () => {
        const { now } = await kept(clients(), order, { tags: ["old"] }, tag("a", "same"), tag("b", "same"));
        expect([...now.tags].sort()).toEqual(["a", "b", "old", "same"]);
      });

      test("race 8: a tag that both remove is gone, and neither fails", async () => {
        const untag: Edit = (image) => image.tags.delete("old");
        const { now } = await kept(clients(), order, { tags: ["old", "stays"] }, untag, untag);
        expect([...now.tags]).toEqual(["stays"]);
      });

      test("race 8: changed tags stand after the other's rename", async () => {
        const { now } = await kept(
          clients(),
          order,
          { tags: ["old"] },
          (image) => (image.tags = new Set(["new"])),
          (image) => (image.name = "renamed"),
        );
        expect([[...now.tags], now.name]).toEqual([["new"], "renamed"]);
      });

      test("race 1: a strict save conflicts with any foreign change, and both are kept once it is made again", async () => {
        const { a, b } = clients();
        const finish = await raced(clients(), order, FOO_GOO, setFoo("baz"), setGoo("yuck"), { mode: "strict" });
        const { won } = decided(finish);
        const [repository, again] = won === "a" ? [b, setGoo("yuck")] : [a, setFoo("baz")];
        const fresh = await repository.get(finish.now.id);
        again(fresh);
        await repository.save(fresh, { mode: "strict" });
        const now = await repository.get(fresh.id);
        expect(Object.fromEntries(now.properties)).toEqual({ foo: "baz", goo: "yuck" });
      });

      test("race 15: a save and a removal: one wins, the other learns it, and nothing is left half", async () => {
        const { a, b } = clients();
        const [edited, doomed] = await loadedTwice(clients(), { ...FOO_GOO, tags: ["t"] });
        const before = await storedRows(clients(), edited.id);
        setFoo("baz")(edited);
        const outcomes = await inOrder(
          order,
          () => a.save(edited),
          () => b.remove(doomed),
        );
        const now = await a.find(edited.id);
        const { won, reason } = oneWon(order, outcomes);
        if (won === "b") {
          expect(reason).toMatchObject({ code: "RECORD_NOT_FOUND" });
          expect(now).toBeUndefined();
          expect(await storedRows(clients(), edited.id)).toEqual(before);
          expect(await childRows(clients(), edited.id)).toBe(0);
        } else {
          expect(reason).toBeInstanceOf(ConflictError);
          const { overlaps } = reason as ConflictError;
          expect(overlaps.find(({ path }) => path === 'properties["foo"]')).toMatchObject({ theirs: "baz" });
          expect([now!.properties.get("foo"), now!.tags.has("t")]).toEqual(["baz", true]);
        }
      });

      test("race 15: of two removals one finds nothing", async () => {
        const { a, b } = clients();
        const [first, second] = await loadedTwice(clients(), FOO_GOO);
        const before = await storedRows(clients(), first.id);
        const outcomes = await inOrder(
          order,
          () => a.remove(first),
          () => b.remove(second),
        );
        expect(oneWon(order, outcomes).reason).toMatchObject({ code: "RECORD_NOT_FOUND" });
        expect(await a.find(first.id)).toBeUndefined();
        expect(await storedRows(clients(), first.id)).toEqual(before);
        expect(await childRows(clients(), first.id)).toBe(0);
      });
    });

    test("a refused save leaves the object as it was, to be resolved and saved again", async () => {
      const { a, b } = clients();
      const [theirs, mine] = await loadedTwice(clients(), FOO_GOO);
      setFoo("theirs")(theirs);
      setFoo("mine")(mine);
      mine.name = "kept";
      await a.save(theirs);
      await expect(b.save(mine)).rejects.toBeInstanceOf(ConflictError);
      expect([mine.properties.get("foo"), mine.name, b.versionOf(mine)]).toEqual(["mine", "kept", 1]);
      setFoo("theirs")(mine);
      await b.save(mine);
      const now = await a.get(mine.id);
      expect([now.properties.get("foo"), now.name]).toEqual(["theirs", "kept"]);
    });

    test("the merged changes of others show in the saved object, which saves again without a retry", async () => {
      const { a, b } = clients();
      const [first, second] = await loadedTwice(clients(), FOO_GOO);
      setFoo("baz")(first);
      setGoo("yuck")(second);
      await a.save(first);
      expect(await b.save(second)).toEqual({ version: 3, written: true, retries: 1 });
      expect(Object.fromEntries(second.properties)).toEqual({ foo: "baz", goo: "yuck" });
      setGoo("more")(second);
      expect(await b.save(second)).toEqual({ version: 4, written: true, retries: 0 });
    });

    test("race 20: saving twice writes once", async () => {
      const { a } = clients();
      const [image] = await loadedTwice(clients(), FOO_GOO);
      setFoo("baz")(image);
      expect(await a.save(image)).toEqual({ version: 2, written: true, retries: 0 });
      expect(await a.save(image)).toEqual({ version: 2, written: false, retries: 0 });
    });

    test("an object saved twice at once is written once for each change", async () => {
      const { a } = clients();
      const [image] = await loadedTwice(clients(), FOO_GOO);
      setFoo("baz")(image);
      const both = [a.save(image), a.save(image)];
      expect((await Promise.all(both)).map(({ written }) => written)).toEqual([true, false]);
      expect((await a.get(image.id)).properties.get("foo")).toBe("baz");
    });
  });

  onServer((place) => {
    let clients: Clients;
    beforeAll(() => {
      clients = sqlClients(place().url);
    });
    afterAll(() => closeAll(clients.databases));

    test("no update is lost in 1,000 races over separate connections", async () => {
      let lost = 0;
      let retries = 0;
      await inParallel(4, 1_000, async () => {
        const { a, b, now, version } = await raced(clients, "at once", FOO_GOO, setFoo("baz"), setGoo("yuck"));
        if (now.properties.get("foo") !== "baz" || now.properties.get("goo") !== "yuck" || version !== 3) lost++;
        for (const save of [a, b]) retries += save.status === "fulfilled" ? save.value.retries : NaN;
      });
      expect(lost).toBe(0);
      expect(retries).toBe(1_000); // whichever comes second merges, once
    }, 120_000);
  });
});

function tag(...tags: readonly string[]): Edit {
  return (image) => tags.forEach((one) => image.tags.add(one));
}

async function inParallel(width: number, runs: number, run: () => Promise<void>): Promise<void> {
  let left = runs;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await run();
  };
  await Promise.all(Array.from({ length: width }, lane));
}
