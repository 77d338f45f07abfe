import { describe, expect, test } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import { imageToDocument } from "../../domain/image/image-document.js";
import { deactivate, moveTo, reactivate } from "../../domain/image/image-steps.js";
import type { Image, NewImage } from "../../domain/image/image-type.js";
import { newLocation } from "../../domain/image/location.js";
import type { ImageStatus } from "../../domain/image/status-machine.js";
import { code } from "../support/repository-outcomes.js";
import { onEveryBackend } from "./backends.js";
import {
  childRows,
  decided,
  FOO_GOO,
  imageIn,
  inOrder,
  kept,
  loadedTwice,
  oneWon,
  ORDERS,
  raced,
  storedRows,
  type Edit,
} from "./two-writers.js";

const TWO_LOCATIONS: NewImage = {
  locations: [
    ["one", newLocation("file:///1", { zone: "a" })],
    ["two", newLocation("file:///2", { zone: "b" })],
  ],
};

/** Of what `imageIn` makes. */
const FORMATS = { diskFormat: "raw", containerFormat: "bare" };

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
          { subject: "status", path: "status", policy: "guard", original: "queued", mine: "saving", theirs: "saving" },
        ]);
        expect([finish.now.status, finish.version]).toEqual(["saving", 2]);
      });

      test("race 12: an upload finishes while a user patches: all kept", async () => {
        const data = {
          size: 7,
          virtualSize: 8,
          checksum: "c".repeat(32),
          osHashAlgo: "sha512",
          osHashValue: "d".repeat(128),
        };
        const finish: Edit = (image) => {
          moveTo(image, "active");
          Object.assign(image, data);
          image.locations.set("data", newLocation("file:///data"));
        };
        const patch: Edit = (image) => {
          image.name = "patched";
          image.visibility = "public";
          image.properties.set("k", "v");
          image.properties.delete("old");
        };
        const start = imageIn("saving", { tags: ["t"], properties: [["old", "1"], ["stays", "2"]] })(); // prettier-ignore
        const { now, version } = await kept(clients(), order, () => start, finish, patch);
        const { updatedAt, ...stored } = imageToDocument(now);
        expect(Date.parse(updatedAt as string)).toBeGreaterThanOrEqual(start.createdAt.getTime());
        expect(stored).toEqual({
          ...stored,
          ...data,
          status: "active",
          name: "patched",
          visibility: "public",
          properties: { stays: "2", k: "v" },
          tags: ["t"],
          locations: [{ id: "data", url: "file:///data", metadata: {}, status: "active" }],
          ...{ diskFormat: "raw", containerFormat: "bare", owner: null, minDisk: 0, minRam: 0 },
          ...{ osHidden: false, protected: false },
        });
        expect(version).toBe(3);
      });

      test.each(REVERTIBLE)("race 13: a stale rename reverts no %s", async (_, from, change, expected) => {
        const { now } = await kept(clients(), order, imageIn(from), change, (image) => (image.name = "renamed"));
        expect(now).toMatchObject({ ...expected, name: "renamed" });
      });

      test("race 14: one protects, the other removes: one of them is refused, and nothing is touched", async () => {
        const { a, b } = clients();
        const [guarded, doomed] = await loadedTwice(clients(), { ...TWO_LOCATIONS, ...FOO_GOO, tags: ["t"] });
        const before = await storedRows(clients(), guarded.id);
        guarded.protected = true;
        const outcomes = await inOrder(
          order,
          () => a.save(guarded),
          () => b.remove(doomed),
        );
        const now = await a.find(guarded.id);
        const { won, reason } = oneWon(order, outcomes);
        expect(await storedRows(clients(), guarded.id)).toEqual(before);
        if (won === "a") {
          expect(reason).toBeInstanceOf(ConflictError);
          expect(now!.properties.size).toBe(2);
          expect([now!.protected, now!.tags.has("t"), now!.locations.size]).toEqual([true, true, 2]);
          await expect(b.remove(now!)).rejects.toMatchObject(code("UNTRACKED_RECORD"));
          await expect(b.remove(await b.get(guarded.id))).rejects.toMatchObject({
            code: "INVALID_VALUE",
            faults: [{ path: "protected", reason: "a protected image cannot be deleted" }],
          });
        } else {
          expect(reason).toMatchObject({ code: "RECORD_NOT_FOUND" });
          expect(now).toBeUndefined();
          expect(await childRows(clients(), guarded.id)).toBe(0);
        }
      });

      test.each<[keyof typeof FORMATS, ImageStatus, ImageStatus]>([
        ["diskFormat", "queued", "saving"],
        ["containerFormat", "queued", "saving"],
        ["diskFormat", "queued", "active"],
      ])("race 16: an edit of %s against %s to %s: exactly one succeeds", async (name, from, to) => {
        const edit: Edit = (image) => (image[name] = "other");
        const finish = await raced(clients(), order, imageIn(from), edit, step(to));
        const { won } = decided(finish);
        const expected = won === "a" ? { [name]: "other", status: from } : { [name]: FORMATS[name], status: to };
        expect(finish.now).toMatchObject(expected);
      });

      test.each<[keyof typeof FORMATS, ImageStatus, ImageStatus]>([
        ["containerFormat", "importing", "active"],
        ["diskFormat", "queued", "uploading"],
      ])(
        "race 16: an edit of %s against %s to %s stands where it came first, else it is refused",
        async (name, from, to) => {
          const edit: Edit = (image) => (image[name] = "other");
          const { a, b, now } = await raced(clients(), order, imageIn(from), edit, step(to));
          expect(b.status).toBe("fulfilled"); // nothing that this step takes for granted has changed
          if (order !== "at once") expect(a.status).toBe(order === "A first" ? "fulfilled" : "rejected");
          if (a.status === "rejected") expect(a.reason).toBeInstanceOf(ConflictError);
          expect(now).toMatchObject({ status: to, [name]: a.status === "fulfilled" ? "other" : FORMATS[name] });
        },
      );

      test("going back to queued against a size: a queued image has none, whoever was first", async () => {
        const size: Edit = (image) => (image.size = 7);
        const { a, b, now } = await raced(clients(), order, imageIn("saving"), step("queued"), size);
        expect([a.status, b.status].sort()).toEqual(["fulfilled", "rejected"]);
        const brokenGuard = {
          code: "CONFLICT",
          overlaps: [{ subject: "size", path: "size", policy: "guard", mine: null, theirs: 7 }],
        };
        const brokenRule = { code: "INVALID_VALUE", faults: [{ path: "size" }] };
        expect(a.status === "fulfilled" ? b : a).toMatchObject({
          reason: a.status === "fulfilled" ? brokenRule : brokenGuard,
        });
        const queued = { status: "queued", size: null };
        expect(now).toMatchObject(a.status === "fulfilled" ? queued : { status: "saving", size: 7 });
      });

      test("going back to queued clears sizes that came meanwhile, where it is decided again", async () => {
        const { a, b } = clients();
        for (const name of ["size", "virtualSize"] as const) {
          const [mine, theirs] = await loadedTwice(clients(), imageIn("saving"));
          theirs[name] = 7;
          await b.save(theirs);
          moveTo(mine, "queued");
          await expect(a.save(mine)).rejects.toBeInstanceOf(ConflictError);
          let runs = 0;
          await a.update(mine.id, async (image) => {
            if (++runs === 1) await b.update(image.id, (one) => void (one[name] = 8));
            moveTo(image, "queued");
          });
          expect([runs, await b.get(mine.id)]).toMatchObject([2, { status: "queued", size: null, virtualSize: null }]);
        }
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
      const uploads = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const images = index % 2 === 0 ? a : b;
          return { images, mine: await images.get(image.id) };
        }),
      );
      for (const { mine } of uploads) moveTo(mine, "saving"); // all of them have seen it queued
      const outcomes = await Promise.allSettled(uploads.map(({ images, mine }) => images.save(mine)));
      const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
      expect(lost).toHaveLength(49);
      for (const reason of lost) {
        expect(reason).toBeInstanceOf(ConflictError);
        expect(reason).toMatchObject({
          overlaps: [{ subject: "status", path: "status", policy: "guard", theirs: "saving" }],
        });
      }
      const now = await b.get(image.id);
      expect([now.status, b.versionOf(now)]).toEqual(["saving", 2]);
    });
  });
});
