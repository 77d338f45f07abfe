import { describe, expect, test } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import { newImage, onEveryBackend } from "./backends.js";
import { childRows, inOrder, loadedTwice, oneWon, ORDERS, storedRows } from "./two-writers.js";

describe("the races of image-style records: members", () => {
  onEveryBackend((clients) => {
    describe.each(ORDERS)("saving %s", (order) => {
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
        const { won, reason } = oneWon(order, outcomes);
        if (won === "a") {
          expect(reason).toMatchObject({ code: "RECORD_NOT_FOUND" });
          expect(left).toBeUndefined();
          expect(await storedRows(clients(), image.id)).toEqual([]);
        } else {
          expect(reason).toBeInstanceOf(ConflictError);
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
        const { won, reason } = oneWon(order, outcomes);
        expect(reason).toBeInstanceOf(ConflictError);
        expect(await one.get(image.id, "guest")).toMatchObject({ status: won === "a" ? "accepted" : "rejected" });
      });

      test("race 17: a member added twice is one row, and whoever is second is told", async () => {
        const [image] = await loadedTwice(clients(), {});
        const [one, other] = clients().members;
        const outcomes = await inOrder(
          order,
          () => one.add(image.id, "guest"),
          () => other.add(image.id, "guest"),
        );
        expect(oneWon(order, outcomes).reason).toMatchObject({ code: "RECORD_EXISTS" });
        expect(await storedRows(clients(), image.id)).toHaveLength(1);
      });

      test("race 17: sharing an image against its removal leaves no member behind", async () => {
        const { a } = clients();
        const [image] = await loadedTwice(clients(), {});
        const [, other] = clients().members;
        const outcomes = await inOrder(
          order,
          () => a.remove(image),
          () => other.add(image.id, "guest"),
        );
        expect(outcomes.a.status).toBe("fulfilled"); // a member leaves the image's version alone
        if (outcomes.b.status === "rejected")
          expect(outcomes.b).toMatchObject({ reason: { code: "RECORD_NOT_FOUND" } });
        if (order !== "at once") expect(outcomes.b.status).toBe(order === "A first" ? "rejected" : "fulfilled");
        if (order === "A first") expect(await storedRows(clients(), image.id)).toEqual([]);
        expect(await other.list(image.id)).toEqual([]);
        expect(await childRows(clients(), image.id)).toBe(0);
      });
    });

    test("race 17: a quota of members holds for those who add at once", async () => {
      const { a, members } = clients();
      const image = newImage();
      await a.add(image);
      for (let index = 0; index < 125; index++) await members[0].add(image.id, `m${index}`);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => members[index % 2]!.add(image.id, `late${index}`)),
      );
      expect(await storedRows(clients(), image.id)).toHaveLength(128);
      const refused = outcomes.filter(({ status }) => status === "rejected");
      const overQuota = { reason: { code: "INVALID_VALUE", id: image.id, faults: [{ path: "members" }] } };
      expect(refused).toMatchObject(Array.from({ length: 5 }, () => overQuota));
    });
  });
});
