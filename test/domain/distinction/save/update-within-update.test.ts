import { describe, expect, test } from "vitest";
import { PhotoDesk } from "../../../support/photo-desk.js";
import type { Photo } from "../../../support/photo.js";
import { code } from "../../../support/repository-outcomes.js";

const append = (photo: Photo): void => void (photo.title += "!");

const REFUSED = {
  code: "INVALID_VALUE",
  message:
    "photo p1: mutate: a function that changes the object that it is given, got one that calls update for the same record",
};

describe("an update that the function of an update asks for", () => {
  test("is refused at once, and the one around it with it, where the function has not waited for anything", async () => {
    const desk = await PhotoDesk.with({ title: "" });
    const outer = desk.photos.update("p1", async (photo) => {
      photo.caption = "outer";
      await desk.photos.update("p1", append);
    });
    await expect(outer).rejects.toMatchObject(REFUSED);
    expect(desk.store.calls).toEqual(["load"]);
    expect((await desk.stored()).version).toBe(1);
  });

  test("is refused, too, where the function answers at once, under the lock as before it", async () => {
    const desk = await PhotoDesk.with({ title: "" });
    desk.store.beforeApply = (attempt) => desk.other((other) => void (other.title = `theirs ${attempt}`));
    const inner: Promise<unknown>[] = [];
    const outer = desk.photos.update("p1", (photo) => {
      inner.push(expect(desk.photos.update("p1", append)).rejects.toMatchObject(REFUSED));
      append(photo);
    });
    expect(await outer).toMatchObject({ retries: 3 });
    await Promise.all(inner);
    expect([inner.length, (await desk.stored()).attributes.title]).toEqual([4, "theirs 3!"]);
  });

  test("is none of the same record for one of another, nor for one that is asked for beside it", async () => {
    const desk = await PhotoDesk.with({ title: "" });
    await desk.photos.add(desk.photos.create({ id: "p2" }));
    await Promise.all([
      desk.photos.update("p1", async (photo) => {
        append(photo);
        await desk.photos.update("p2", append);
      }),
      desk.photos.update("p1", append),
    ]);
    expect((await desk.stored()).attributes.title).toBe("!!");
    const failing = (): never => {
      throw new Error("no");
    };
    await expect(desk.photos.update("p1", failing)).rejects.toThrow("no");
    await desk.photos.update("p1", append);
    expect((await desk.photos.get("p2")).title).toMatch(/^!+$/);
  });

  test("merges like any other writer's, where it comes later and changes something else", async () => {
    const desk = await PhotoDesk.with({ title: "" });
    const outer = desk.photos.update("p1", async (photo) => {
      await Promise.resolve();
      await desk.photos.update("p1", append);
      photo.caption = "outer";
    });
    expect(await outer).toEqual({ version: 3, written: true, retries: 1 });
    expect((await desk.stored()).attributes).toMatchObject({ title: "!", caption: "outer" });
  });

  describe("later, where both change the same thing,", () => {
    /** Answers how often the function ran: each run stored what it asked for, and nothing of its own. */
    async function entangled(
      options: { deadline?: number; signal?: AbortSignal },
      outcome: object,
      eachRun: (desk: PhotoDesk, run: number) => void = () => undefined,
    ): Promise<number> {
      const desk = await PhotoDesk.with({ caption: "" });
      let runs = 0;
      const outer = desk.photos.update(
        "p1",
        async (photo) => {
          eachRun(desk, ++runs);
          await Promise.resolve();
          await desk.photos.update("p1", (same) => void (same.caption = `${same.caption}.`));
          photo.caption = "outer";
        },
        options,
      );
      await expect(outer).rejects.toMatchObject(outcome);
      await new Promise((resolve) => setImmediate(resolve)); // what was asked for within is not aborted with it
      const { version, attributes } = await desk.stored();
      expect({ version, caption: attributes.caption }).toEqual({ version: 1 + runs, caption: ".".repeat(runs) });
      await desk.photos.update("p1", (photo) => void (photo.caption = "free"));
      expect((await desk.stored()).attributes.caption).toBe("free");
      return runs;
    }

    test("ends in the conflict of its last run", async () => {
      const conflict = { code: "CONFLICT", id: "p1", overlaps: [{ path: "caption", mine: "outer" }] };
      expect(await entangled({}, conflict)).toBe(50);
    });

    test("ends by its deadline, if that comes first", async () => {
      const runs = await entangled({ deadline: 1_000 }, code("RETRIES_EXHAUSTED"));
      expect(runs).toBeGreaterThan(3);
      expect(runs).toBeLessThan(50);
    });

    test("ends by its signal", async () => {
      const controller = new AbortController();
      const end = (_: PhotoDesk, run: number): void => (run === 5 ? controller.abort() : undefined);
      expect(await entangled({ signal: controller.signal }, code("ABORTED"), end)).toBe(5);
    });
  });
});
