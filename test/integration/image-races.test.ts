import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConflictError, InvalidValueError } from "../../domain/distinction/errors.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { deactivate, moveTo, reactivate } from "../../domain/image/image-steps.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import type { ImageStatus } from "../../domain/image/status-machine.js";
import { releaseTogether, startChild } from "../support/child.js";
import { openTestDatabase } from "../support/open-store.js";
import { code } from "../support/repository-outcomes.js";
import type { TakeOrder, Taken } from "./image-taker.child.js";
import {
  closeAll,
  environment,
  imagesIn,
  imageStore,
  newImage,
  onEveryBackend,
  onSqlBackends,
  sqlClients,
  type Clients,
} from "./backends.js";
import { interposed } from "./interposed.js";
import { childRows, decided, inOrder, kept, loadedTwice, ORDERS, raced, type Edit } from "./two-writers.js";

const FORMATS = { diskFormat: "raw", containerFormat: "bare" } as const;

const TWO_LOCATIONS: NewImage = {
  locations: [
    ["one", newLocation("file:///1", { zone: "a" })],
    ["two", newLocation("file:///2", { zone: "b" })],
  ],
};

/** A new image that is in `status` already. */
function imageIn(status: ImageStatus, values: NewImage = {}): () => Image {
  return () => {
    const image = newImage({ ...FORMATS, ...values });
    image.status = status;
    return image;
  };
}

const goPrivate: Edit = (image) => (image.visibility = "private");

const REVERTIBLE: readonly (readonly [string, ImageStatus, Edit, Partial<Image>])[] = [
  ["deactivation", "active", deactivate, { status: "deactivated" }],
  ["activation", "deactivated", reactivate, { status: "active" }],
  ["going private", "active", goPrivate, { visibility: "private" }],
];

const step =
  (to: ImageStatus): Edit =>
  (image) =>
    moveTo(image, to);

describe("the races of image-style records, those of status, locations, members and lists", () => {
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

      test("race 11: of two uploads that take a queued image one wins", async () => {
        const finish = await raced(clients(), order, imageIn("queued"), step("saving"), step("saving"));
        expect(decided(finish).conflict.overlaps).toEqual([
          { path: "status", policy: "guard", original: "queued", mine: "saving", theirs: "saving" },
        ]);
        expect([finish.now.status, finish.version]).toEqual(["saving", 2]);
      });

      test("race 12: an upload finishes while a user patches: all kept", async () => {
        const finish: Edit = (image) => {
          moveTo(image, "active");
          image.size = 7;
          image.checksum = "c".repeat(32);
          image.locations.set("data", newLocation("file:///data"));
        };
        const patch: Edit = (image) => {
          image.name = "patched";
          image.visibility = "public";
          image.properties.set("k", "v");
        };
        const { now } = await kept(clients(), order, imageIn("saving"), finish, patch);
        expect(now).toMatchObject({ status: "active", size: 7, name: "patched", visibility: "public" });
        expect([[...now.locations.keys()], now.properties.get("k")]).toEqual([["data"], "v"]);
      });

      test.each(REVERTIBLE)("race 13: a stale rename reverts no %s", async (_, from, change, expected) => {
        const { now } = await kept(clients(), order, imageIn(from), change, (image) => (image.name = "renamed"));
        expect(now).toMatchObject({ ...expected, name: "renamed" });
      });

      test("race 14: one protects, the other removes: one of them is refused, and nothing is touched", async () => {
        const { a, b } = clients();
        const [guarded, doomed] = await loadedTwice(clients(), { ...TWO_LOCATIONS, tags: ["t"] });
        guarded.protected = true;
        const outcomes = await inOrder(
          order,
          () => a.save(guarded),
          () => b.remove(doomed),
        );
        const now = await a.find(guarded.id);
        if (outcomes.a.status === "fulfilled") {
          expect((outcomes.b as PromiseRejectedResult).reason).toBeInstanceOf(ConflictError);
          expect([now!.protected, now!.tags.has("t"), now!.locations.size]).toEqual([true, true, 2]);
          await expect(b.remove(now!)).rejects.toMatchObject(code("UNTRACKED_RECORD"));
          await expect(b.remove(await b.get(guarded.id))).rejects.toMatchObject({
            code: "INVALID_VALUE",
            faults: [{ path: "protected", reason: "a protected image cannot be deleted" }],
          });
        } else {
          expect(outcomes.a).toMatchObject({ reason: { code: "RECORD_NOT_FOUND" } });
          expect(now).toBeUndefined();
          expect(await childRows(clients(), guarded.id)).toBe(0);
        }
        if (order !== "at once") expect(outcomes[order === "A first" ? "a" : "b"].status).toBe("fulfilled");
      });

      test("race 16: an edit of the disk format against queued to saving: exactly one succeeds", async () => {
        const edit: Edit = (image) => (image.diskFormat = "qcow2");
        const finish = await raced(clients(), order, imageIn("queued"), edit, step("saving"));
        const { won } = decided(finish);
        const expected =
          won === "a" ? { diskFormat: "qcow2", status: "queued" } : { diskFormat: "raw", status: "saving" };
        expect(finish.now).toMatchObject(expected);
      });

      test("going back to queued against a size: a queued image has none, whoever was first", async () => {
        const size: Edit = (image) => (image.size = 7);
        const { a, b, now } = await raced(clients(), order, imageIn("saving"), step("queued"), size);
        expect([a.status, b.status].sort()).toEqual(["fulfilled", "rejected"]);
        const refused = { reason: { code: "INVALID_VALUE", faults: [{ path: "size" }] } };
        expect(a.status === "fulfilled" ? b : a).toMatchObject(refused);
        const queued = { status: "queued", size: null };
        expect(now).toMatchObject(a.status === "fulfilled" ? queued : { status: "saving", size: 7 });
      });

      test("protecting against pending_delete: a protected image is never about to be deleted", async () => {
        const protect: Edit = (image) => (image.protected = true);
        const { a, b, now } = await raced(clients(), order, imageIn("active"), protect, step("pending_delete"));
        if (b.status === "fulfilled") expect(now.status).toBe("pending_delete");
        else {
          expect([a.status, b.reason]).toMatchObject(["fulfilled", { code: "CONFLICT" }]);
          expect(now).toMatchObject({ protected: true, status: "active" });
        }
      });

      test("race 17: a member accepts while the owner removes it: it is never revived", async () => {
        const [image] = await loadedTwice(clients(), {});
        const [owner, guest] = clients().members;
        await owner.add(image.id, "guest");
        const [removed, accepted] = [await owner.get(image.id, "guest"), await guest.get(image.id, "guest")];
        accepted.status = "accepted";
        const outcomes = await inOrder(
          order,
          () => owner.remove(removed),
          () => guest.save(accepted),
        );
        const left = await owner.find(image.id, "guest");
        if (outcomes.a.status === "fulfilled") {
          expect(outcomes.b).toMatchObject({ reason: { code: "RECORD_NOT_FOUND" } });
          expect(left).toBeUndefined();
        } else {
          expect(outcomes.a.reason).toBeInstanceOf(ConflictError);
          expect(left).toMatchObject({ status: "accepted" });
        }
      });

      test("race 17: accepting against rejecting: one conflict", async () => {
        const [image] = await loadedTwice(clients(), {});
        const [one, other] = clients().members;
        await one.add(image.id, "guest");
        const [accepted, rejected] = [await one.get(image.id, "guest"), await other.get(image.id, "guest")];
        accepted.status = "accepted";
        rejected.status = "rejected";
        const outcomes = await inOrder(
          order,
          () => one.save(accepted),
          () => other.save(rejected),
        );
        const refused = Object.values(outcomes).filter(({ status }) => status === "rejected");
        expect(refused).toMatchObject([{ reason: { code: "CONFLICT" } }]);
        const won = outcomes.a.status === "fulfilled" ? "accepted" : "rejected";
        expect(await one.get(image.id, "guest")).toMatchObject({ status: won });
      });

      test("race 17: a member added twice is one row, and whoever is second is told", async () => {
        const [image] = await loadedTwice(clients(), {});
        const [one, other] = clients().members;
        const outcomes = await inOrder(
          order,
          () => one.add(image.id, "guest"),
          () => other.add(image.id, "guest"),
        );
        const refused = Object.values(outcomes).filter(({ status }) => status === "rejected");
        expect(refused).toMatchObject([{ reason: { code: "RECORD_EXISTS" } }]);
        expect(await one.list(image.id)).toHaveLength(1);
      });

      test("race 17: sharing an image against its removal leaves no member behind", async () => {
        const { a } = clients();
        const [image] = await loadedTwice(clients(), {});
        const [, other] = clients().members;
        const { b } = await inOrder(
          order,
          () => a.remove(image),
          () => other.add(image.id, "guest"),
        );
        if (b.status === "rejected") expect(b).toMatchObject({ reason: { code: "RECORD_NOT_FOUND" } });
        expect(await other.list(image.id)).toEqual([]);
        expect(await childRows(clients(), image.id)).toBe(0);
      });

      test("race 18: an atomic property is taken once, and a stale full save neither clears nor restores it", async () => {
        const { a, b } = clients();
        const [stale] = await loadedTwice(clients(), {});
        const outcomes = await inOrder(
          order,
          () => a.setPropertyAtomic(stale.id, "os_glance_lock", "same"),
          () => b.setPropertyAtomic(stale.id, "os_glance_lock", "same"),
        );
        const refused = Object.values(outcomes).filter(({ status }) => status === "rejected");
        expect(refused).toMatchObject([{ reason: { code: "CONFLICT" } }]);
        stale.name = "stale";
        stale.properties = new Map([["mine", "1"]]);
        await a.save(stale);
        expect(Object.fromEntries((await b.get(stale.id)).properties)).toEqual({ mine: "1", os_glance_lock: "same" });
        const holder = await b.get(stale.id);
        await expect(b.deletePropertyAtomic(stale.id, "os_glance_lock", "wrong")).rejects.toBeInstanceOf(ConflictError);
        await b.deletePropertyAtomic(stale.id, "os_glance_lock", "same");
        holder.name = "staler";
        await a.reload(stale);
        await b.save(holder);
        expect((await a.get(stale.id)).properties.has("os_glance_lock")).toBe(false);
      });

      test("race 18: of two who release a property one does", async () => {
        const { a, b } = clients();
        const [image] = await loadedTwice(clients(), { properties: [["lock", "x"]] });
        const outcomes = await inOrder(
          order,
          () => a.deletePropertyAtomic(image.id, "lock", "x"),
          () => b.deletePropertyAtomic(image.id, "lock", "x"),
        );
        const refused = Object.values(outcomes).filter(({ status }) => status === "rejected");
        expect(refused).toMatchObject([{ reason: { code: "CONFLICT" } }]);
      });
    });

    test("an image may be freed of its protection and go to pending_delete in one save", async () => {
      const { a, b } = clients();
      const image = imageIn("active", { protected: true })();
      await a.add(image);
      image.protected = false;
      moveTo(image, "pending_delete");
      await a.save(image);
      expect(await b.get(image.id)).toMatchObject({ protected: false, status: "pending_delete" });
    });

    test("nor is one protected on its way there", async () => {
      const { a, b } = clients();
      const image = imageIn("active")();
      await a.add(image);
      moveTo(image, "pending_delete");
      image.protected = true;
      await expect(a.save(image)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: "status" }] });
      expect(await b.get(image.id)).toMatchObject({ protected: false, status: "active" });
    });

    test("race 10: clearing all is no unchanged list", async () => {
      const { a, b } = clients();
      const [image] = await loadedTwice(clients(), TWO_LOCATIONS);
      image.locations.clear();
      expect(await a.save(image)).toMatchObject({ written: true });
      expect((await b.get(image.id)).locations.size).toBe(0);
    });

    test("race 11: of 50 uploads at once exactly one wins", async () => {
      const { a, b } = clients();
      const image = imageIn("queued")();
      await a.add(image);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 50 }, async (_, index) => {
          const images = index % 2 === 0 ? a : b;
          const mine = await images.get(image.id);
          if (mine.status !== "queued") throw new Error("too late to race"); // reads are not all before all writes
          moveTo(mine, "saving");
          await images.save(mine);
        }),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const now = await b.get(image.id);
      expect([now.status, b.versionOf(now)]).toEqual(["saving", 2]);
    });

    test("race 18: of 50 takers at once exactly one wins", async () => {
      const { a, b } = clients();
      const image = newImage();
      await a.add(image);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 ? a : b).setPropertyAtomic(image.id, "lock", String(index)),
        ),
      );
      const won = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [String(index)] : []));
      expect(won).toHaveLength(1);
      expect((await a.get(image.id)).properties.get("lock")).toBe(won[0]);
    });

    test("race 17: a quota of members holds for those who add at once", async () => {
      const { a, members } = clients();
      const image = newImage();
      await a.add(image);
      for (let index = 0; index < 125; index++) await members[0].add(image.id, `m${index}`);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => members[index % 2]!.add(image.id, `late${index}`)),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
      const refused = outcomes.find(({ status }) => status === "rejected");
      expect(refused).toMatchObject({ reason: { code: "INVALID_VALUE", faults: [{ path: "members" }] } });
    });

    test("race 20: a change deep in a location's metadata is noticed, once", async () => {
      const { a, b } = clients();
      const [image] = await loadedTwice(clients(), TWO_LOCATIONS);
      image.locations.get("one")!.metadata.zone = { deep: [1] };
      expect(await a.save(image)).toMatchObject({ written: true });
      expect(await a.save(image)).toMatchObject({ written: false });
      expect((await b.get(image.id)).locations.get("one")!.metadata).toEqual({ zone: { deep: [1] } });
    });

    test("race 21: a list that others change meanwhile shows no image twice, and loses none that stays", async () => {
      const { a, b } = clients();
      const owner = `owner ${Math.random()}`;
      const names = [null, "b", null, "a", "c", "b", null];
      const images = names.map((name) => newImage({ owner, name }));
      await a.addAll(images);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await a.list({ where: { owner: { eq: owner } }, sort: [{ by: "name" }], limit: 2, after });
        seen.push(...page.records.map(({ id }) => id));
        after = page.next;
        await b.update(images[4]!.id, (image) => void (image.minRam += 1));
        await b.add(newImage({ owner, name: "0 comes before" }));
      } while (after !== undefined);
      expect(new Set(seen).size).toBe(seen.length);
      for (const { id } of images) expect(seen).toContain(id);
      const shown = seen
        .map((id) => images.find((image) => image.id === id)?.name)
        .filter((name) => name !== undefined);
      expect(shown).toEqual([null, null, null, "a", "b", "b", "c"]);
    });

    test("race 21: a marker that was deleted is told, and not taken for the end", async () => {
      const { a } = clients();
      const owner = `owner ${Math.random()}`;
      await a.addAll([newImage({ owner }), newImage({ owner }), newImage({ owner })]);
      const page = await a.list({ where: { owner: { eq: owner } }, limit: 1 });
      await a.remove(page.records[0]!);
      await expect(a.list({ where: { owner: { eq: owner } }, after: page.next })).rejects.toMatchObject(
        code("MARKER_NOT_FOUND"),
      );
    });
  });

  onSqlBackends((place) => {
    let clients: Clients;
    beforeAll(() => {
      clients = sqlClients(place().url);
    });
    afterAll(() => closeAll(clients.databases));

    test.each(["INSERT", "COMMIT"] as const)(
      "race 19: a failure at %s, behind the root's statement, leaves nothing, and the object saves again",
      async (failing) => {
        const image = newImage({ name: "old" });
        await clients.a.add(image);
        let fails = true;
        const database = interposed(
          openTestDatabase(place().url),
          (step) => {
            if (fails && step === failing) throw new Error("out of order");
          },
          environment.clock,
        );
        const images = new DistinctImageRepository(imageStore(database), environment);
        const mine = await images.get(image.id);
        mine.name = "new";
        mine.properties.set("k", "v");
        await expect(images.save(mine)).rejects.toThrow("out of order");
        const between = await clients.b.get(image.id);
        expect([between.name, between.properties.size, clients.b.versionOf(between)]).toEqual(["old", 0, 1]);
        fails = false;
        expect(await images.save(mine)).toMatchObject({ version: 2, written: true });
        const now = await clients.b.get(image.id);
        expect([now.name, now.properties.get("k")]).toEqual(["new", "v"]);
        await database.close();
      },
    );

    test("guards stand in the statement: not even a writer who raises no version comes between", async () => {
      const image = imageIn("queued")();
      await clients.a.add(image);
      const mine = await clients.a.get(image.id);
      const [database] = clients.databases;
      await database!.session((session) =>
        session.run({ sql: "UPDATE images SET status = 'killed' WHERE id = ?", parameters: [image.id] }),
      );
      moveTo(mine, "saving");
      await expect(clients.a.save(mine)).rejects.toMatchObject({
        code: "CONFLICT",
        overlaps: [{ path: "status", policy: "guard", original: "queued", mine: "saving", theirs: "killed" }],
      });
    });

    test("so does that nobody protects what is about to be deleted", async () => {
      const image = imageIn("active")();
      await clients.a.add(image);
      const mine = await clients.a.get(image.id);
      await clients.databases[0]!.session((session) =>
        session.run({ sql: "UPDATE images SET protected = 1 WHERE id = ?", parameters: [image.id] }),
      );
      moveTo(mine, "pending_delete");
      await expect(clients.a.save(mine)).rejects.toMatchObject({
        code: "CONFLICT",
        message: `image ${image.id}: not as expected at version 1: protected`,
        overlaps: [{ path: "protected", policy: "guard", original: false, theirs: true }],
      });
    });

    test("a removed image is kept as deleted, with the time", async () => {
      const image = imageIn("active", { name: "gone", tags: ["t"] })();
      await clients.a.add(image);
      await clients.members[0].add(image.id, "guest");
      await clients.a.remove(await clients.a.get(image.id));
      expect(await childRows(clients, image.id)).toBe(0);
      const [row] = await clients.databases[0]!.session((session) =>
        session.rows({
          sql: "SELECT name, status, version, deleted_at FROM deleted_images WHERE id = ?",
          parameters: [image.id],
        }),
      );
      expect(row!.slice(0, 3).map(String)).toEqual(["gone", "deleted", "2"]);
      const at = row![3] instanceof Date ? row![3] : new Date(`${String(row![3]).replace(" ", "T")}Z`);
      expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(600_000);
      expect(await clients.b.find(image.id)).toBeUndefined();
    });
  });
});

describe("races between four processes", () => {
  onSqlBackends((place) => {
    test("races 11 and 18: each upload and each lock goes to exactly one", async () => {
      const database = openTestDatabase(place().url);
      const images = imagesIn(database);
      const queued = Array.from({ length: 10 }, () => imageIn("queued")());
      await images.addAll(queued);
      const order: Omit<TakeOrder, "taker"> = { url: place().url, images: queued.map(({ id }) => id) };
      const takers = Array.from({ length: 4 }, (_, taker) =>
        startChild(TAKER, { ...order, taker } satisfies TakeOrder),
      );
      await releaseTogether(takers); // to take uploads
      await releaseTogether(takers); // to take locks
      const taken = (await Promise.all(takers.map(({ output }) => output))) as Taken[];
      for (const kind of ["uploads", "locks"] as const) {
        expect(taken.flatMap((one) => one[kind]).sort()).toEqual(queued.map(({ id }) => id).sort());
      }
      for (const { id } of queued) {
        const now = await images.get(id);
        const holder = taken.findIndex(({ locks }) => locks.includes(id));
        expect([now.status, now.properties.get("os_glance_lock")]).toEqual(["saving", String(holder)]);
        expect(images.versionOf(now)).toBe(3);
      }
      await database.close();
    }, 120_000);
  });
});

const TAKER = new URL("image-taker.child.ts", import.meta.url);

function located(id: string, url = `file:///${id}`): Edit {
  return (image) => image.locations.set(id, newLocation(url));
}
