import { describe, expect, test } from "vitest";
import { BatchConflictError } from "../../domain/distinction/save/batch-errors.js";
import { ConflictError } from "../../domain/distinction/errors.js";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { environment, newImage, onEveryBackend } from "./backends.js";

/** A save with guards tells its caller that what the decision rests on is still so, whether it writes anything or not. */
describe("a save with guards and nothing to write", () => {
  onEveryBackend((clients) => {
    test("succeeds where nobody changed the record, and writes nothing", async () => {
      const { a } = clients();
      const image = newImage();
      await a.add(image);
      const version = a.versionOf(image);
      expect(await a.save(image, { expect: ["name"] })).toEqual({ version, written: false, retries: 0 });
      expect(await a.save(image, { mode: "strict" })).toEqual({ version, written: false, retries: 0 });
      expect(await a.saveAll([image], { expect: ["name"] })).toEqual([{ version, written: false, retries: 0 }]);
      expect(a.versionOf(await a.get(image.id))).toBe(version);
      image.name = "and goes on";
      expect((await a.save(image)).version).toBe(version + 1);
    });

    test("is refused where a guard was changed, and takes in what else was", async () => {
      const { a, b } = clients();
      const image = newImage({ name: "before" });
      await a.add(image);
      await b.update(image.id, (theirs) => void (theirs.minDisk = 5));
      await expect(a.save(image, { mode: "strict" })).rejects.toBeInstanceOf(ConflictError);
      await expect(a.save(image, { expect: ["minDisk"] })).rejects.toMatchObject({
        overlaps: [{ path: "minDisk", policy: "guard", original: 0, theirs: 5 }],
      });
      expect(image.minDisk).toBe(0);
      expect(await a.save(image, { expect: ["name"] })).toMatchObject({ written: false, retries: 1 });
      expect(image.minDisk).toBe(5);
      image.name = "mine";
      expect(await a.save(image)).toMatchObject({ written: true, retries: 0 });
    });

    test("is refused where the record is gone", async () => {
      const { a, b } = clients();
      const image = newImage();
      await a.add(image);
      await b.remove(await b.get(image.id));
      await expect(a.save(image, { expect: ["name"] })).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
    });

    test("in a batch refuses the others' changes with it", async () => {
      const { a, b } = clients();
      const [rested, written] = [newImage(), newImage()];
      await a.addAll([rested, written]);
      await b.update(rested.id, (theirs) => void (theirs.minDisk = 5));
      written.name = "rests on the other's disk";
      await expect(a.saveAll([rested, written], { expect: ["minDisk"] })).rejects.toBeInstanceOf(BatchConflictError);
      expect((await b.get(written.id)).name).not.toBe(written.name);
      const results = await a.saveAll([rested, written], { expect: ["name"] });
      expect(results.map(({ written: isWritten }) => isWritten)).toEqual([false, true]);
      expect(rested.minDisk).toBe(5);
      expect((await b.get(written.id)).name).toBe(written.name);
    });

    test("keeps a unit from resting on what another unit changes meanwhile", async () => {
      const { a, databases } = clients();
      const unit =
        databases.length === 0 ? new MemoryUnitOfWork(environment) : new SqlUnitOfWork(databases[0]!, environment);
      const doctors = [newImage({ name: "on call" }), newImage({ name: "on call" })];
      await a.addAll(doctors);
      // Each leaves if the other is on call: under plain snapshot reads, both would.
      const leave = (mine: string, other: string): Promise<void> =>
        unit.run(async (tx) => {
          const images = tx.repository(a);
          const [me, another] = [await images.get(mine), await images.get(other)];
          if (another.name !== "on call") return;
          await images.save(another, { expect: ["name"] });
          me.name = "left";
          await images.save(me);
        });
      const [one, two] = doctors.map(({ id }) => id) as [string, string];
      await Promise.all([leave(one, two), leave(two, one)]);
      const names = (await a.getMany([one, two])).map(({ name }) => name).sort();
      expect(names).toEqual(["left", "on call"]);
    });
  });
});
