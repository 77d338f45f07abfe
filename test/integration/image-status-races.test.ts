import { describe, expect, test } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import { deactivate, moveTo, reactivate } from "../../domain/image/image-steps.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import type { ImageStatus } from "../../domain/image/status-machine.js";
import { code } from "../support/repository-outcomes.js";
import { onEveryBackend } from "./backends.js";
import { childRows, decided, imageIn, inOrder, kept, loadedTwice, ORDERS, raced, type Edit } from "./two-writers.js";

const TWO_LOCATIONS: NewImage = {
  locations: [
    ["one", newLocation("file:///1", { zone: "a" })],
    ["two", newLocation("file:///2", { zone: "b" })],
  ],
};

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

describe("the races of image-style records: status, formats and protection", () => {
  onEveryBackend((clients) => {
    describe.each(ORDERS)("saving %s", (order) => {
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
  });
});
