import { describe, expect, test } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import { newImage, onEveryBackend } from "./backends.js";
import { inOrder, loadedTwice, oneWon, ORDERS } from "./two-writers.js";

describe("the races of image-style records: atomic properties", () => {
  onEveryBackend((clients) => {
    describe.each(ORDERS)("saving %s", (order) => {
      test("race 18: an atomic property is taken once, and a stale full save neither clears nor restores it", async () => {
        const { a, b } = clients();
        const [stale] = await loadedTwice(clients(), {});
        const outcomes = await inOrder(
          order,
          () => a.setPropertyAtomic(stale.id, "os_glance_lock", "same"),
          () => b.setPropertyAtomic(stale.id, "os_glance_lock", "same"),
        );
        expect(oneWon(order, outcomes).reason).toBeInstanceOf(ConflictError);
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
        expect(oneWon(order, outcomes).reason).toBeInstanceOf(ConflictError);
        expect((await a.get(image.id)).properties.has("lock")).toBe(false);
      });
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
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(ConflictError);
      }
      expect((await a.get(image.id)).properties.get("lock")).toBe(won[0]);
    });
  });
});
