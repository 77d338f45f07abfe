import { describe, expect, test } from "vitest";
import type { WaitOptions } from "../../../../domain/distinction/save/save-options.js";
import { Backoff, DEFAULT_RETRY } from "../../../../domain/distinction/save/retry.js";
import { MemoryHistory } from "../../../../infrastructure/memory/memory-history.js";
import { MemoryUnitOfWork } from "../../../../infrastructure/memory/memory-unit-of-work.js";
import { FakeClock } from "../../../support/fake-clock.js";
import { PhotoDesk } from "../../../support/photo-desk.js";
import { photoType, type Photo } from "../../../support/photo.js";

type Call = (desk: PhotoDesk, photo: Photo, options: WaitOptions) => Promise<unknown>;

const READS: [name: string, call: Call][] = [
  ["get", ({ photos }, _, options) => photos.get("p1", undefined, options)],
  ["find", ({ photos }, _, options) => photos.find("p1", undefined, options)],
  ["getMany", ({ photos }, _, options) => photos.getMany(["p1"], undefined, options)],
  ["list", ({ photos }, _, options) => photos.list({}, options)],
  ["reload", ({ photos }, photo, options) => photos.reload(photo, options)],
];

const WRITES: [name: string, call: Call][] = [
  ["add", ({ photos }, _, options) => photos.add(photos.create({ id: "p2" }), options)],
  ["addAll", ({ photos }, _, options) => photos.addAll([photos.create({ id: "p2" })], options)],
  ["save", ({ photos }, photo, options) => ((photo.title = "new"), photos.save(photo, options))],
  ["saveAll", ({ photos }, photo, options) => ((photo.title = "new"), photos.saveAll([photo], options))],
  ["update", ({ photos }, _, options) => photos.update("p1", (photo) => void (photo.title = "new"), options)],
  ["remove", ({ photos }, photo, options) => photos.remove(photo, options)],
  ["explain", ({ photos }, photo, options) => photos.explain(photo, options)],
];

describe("how long a caller waits", () => {
  test.each([...READS, ...WRITES])("%s: asks the store for nothing once its signal has aborted", async (_, call) => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    const asked = desk.store.calls.length;
    await expect(call(desk, photo, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
    expect(desk.store.calls.slice(asked)).toEqual([]);
  });

  test.each([...READS, ...WRITES])("%s: refuses odd options", async (_, call) => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    for (const [options, reason] of [
      [{ deadline: -5 }, "milliseconds, 0 or more, got -5"],
      [{ signal: "x" }, "an AbortSignal, got string"],
      [{ signals: undefined }, expect.stringMatching(/^unknown option; known: .*signal, deadline/)],
    ] as const) {
      const faults = [{ path: Object.keys(options)[0], reason: reason as unknown }];
      await expect(call(desk, photo, options as never)).rejects.toMatchObject({ code: "INVALID_VALUE", faults });
    }
  });

  test.each(READS)("%s: is left at once, whatever the store is at", async (name, call) => {
    const desk = await PhotoDesk.with();
    const photo = await desk.photos.get("p1");
    desk.store.load = () => new Promise(() => undefined);
    desk.store.list = () => new Promise(() => undefined);
    const controller = new AbortController();
    const called = call(desk, photo, { signal: controller.signal });
    controller.abort("why");
    await expect(called).rejects.toMatchObject({ code: "ABORTED", cause: "why" });
    const late = call(desk, photo, { deadline: 100 });
    desk.clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
    desk.clock.advance(1);
    const what = name === "getMany" || name === "list" ? `${name} of photo` : "get of photo p1";
    const message = `${what}: gave up after one attempt in 100 ms`;
    await expect(late).rejects.toMatchObject({ code: "RETRIES_EXHAUSTED", message });
  });

  test.each<[string, WaitOptions | undefined, number | undefined]>([
    ["of the call", { deadline: 30_000 }, undefined],
    ["of the call, a long one", { deadline: 60_000 }, undefined],
    ["of the repository", undefined, 30_000],
    ["of the repository, a long one", undefined, 60_000],
    ["of the call rather than the repository's", { deadline: 60_000 }, 1_000],
  ])("a deadline ends the wait, however late it is: %s", async (_, options, deadline) => {
    const desk = await PhotoDesk.with({}, deadline === undefined ? {} : { retry: { deadline } });
    desk.store.load = () => new Promise(() => undefined);
    const last = options?.deadline ?? deadline!;
    let hasLeft = false;
    const left = desk.photos.get("p1", undefined, options).catch((error: unknown) => {
      hasLeft = true;
      throw error;
    });
    desk.clock.advance(last);
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasLeft).toBe(false);
    desk.clock.advance(1);
    await expect(left).rejects.toMatchObject({ code: "RETRIES_EXHAUSTED" });
  });

  test("update: is left at once, too, while its function waits for something", async () => {
    const desk = await PhotoDesk.with({ title: "old" });
    const controller = new AbortController();
    let go!: () => void;
    const waiting = desk.photos.update(
      "p1",
      async (photo) => {
        controller.abort();
        await new Promise<void>((resolve) => (go = resolve));
        photo.title = "new";
      },
      { signal: controller.signal },
    );
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
    go();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await desk.stored()).attributes.title).toBe("old");
  });

  test("an update's deadline counts from its beginning, not from that of each save", async () => {
    const desk = await PhotoDesk.with();
    desk.store.beforeApply = async () => {
      desk.clock.advance(60);
      await desk.other((photo) => void photo.views++);
    };
    const update = desk.photos.update("p1", (photo) => void photo.views++, { deadline: 100 });
    await expect(update).rejects.toMatchObject({ code: "RETRIES_EXHAUSTED" });
    expect(desk.store.calls.filter((call) => call === "apply")).toHaveLength(2);
  });

  test("a unit in memory is left at once, and nothing of it is stored", async () => {
    const desk = await PhotoDesk.with();
    const controller = new AbortController();
    const units = new MemoryUnitOfWork({ clock: desk.clock, random: () => 0 });
    const run = units.run(() => new Promise(() => undefined), { signal: controller.signal });
    controller.abort();
    await expect(run).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("a history in memory is asked nothing for a caller who has left", async () => {
    const history = new MemoryHistory({ clock: new FakeClock() });
    const options = { signal: AbortSignal.abort() };
    await expect(history.changesSince(0, 1, options)).rejects.toMatchObject({ code: "ABORTED" });
    await expect(history.historyOf(photoType, "p1", options)).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("what begins after the caller has left throws, and what has begun is waited for", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const patience = new Backoff("work", DEFAULT_RETRY, clock, () => 0, controller.signal);
    let begin!: () => void;
    const left = patience.waiting((given) => ((begin = given), new Promise<void>(() => undefined)));
    let finish!: (value: string) => void;
    const begun = patience.waiting((given) => (given(), new Promise<string>((resolve) => (finish = resolve))));
    controller.abort();
    await expect(left).rejects.toMatchObject({ code: "ABORTED" });
    expect(() => begin()).toThrow(expect.objectContaining({ code: "ABORTED" }) as Error);
    finish("done");
    expect(await begun).toBe("done");
  });
});
