import { describe, expect, test } from "vitest";
import { Backoff, DEFAULT_RETRY } from "../../../../domain/distinction/save/retry.js";
import { FakeClock } from "../../../support/fake-clock.js";

const settings = { ...DEFAULT_RETRY, firstPause: 4, longestPause: 20, deadline: 1000 };

describe("a backoff", () => {
  test("doubles the bound of its pauses up to the longest", async () => {
    const clock = new FakeClock();
    const backoff = new Backoff("save", settings, clock, () => 0.5);
    for (let attempt = 0; attempt < 5; attempt++) await backoff.pause();
    expect(clock.slept).toEqual([2, 4, 8, 10, 10]);
  });

  test("spreads pauses over their whole range: full jitter", async () => {
    for (const [random, slept] of [
      [0, 0],
      [0.25, 1],
      [0.999, 3.996],
    ] as const) {
      const clock = new FakeClock();
      await new Backoff("save", settings, clock, () => random).pause();
      expect(clock.slept).toEqual([slept]);
    }
  });

  test("gives up once the deadline has passed: RETRIES_EXHAUSTED", async () => {
    const clock = new FakeClock();
    const backoff = new Backoff("save of photo p1", settings, clock, () => 0.5);
    clock.advance(1000);
    expect(() => backoff.check()).not.toThrow();
    clock.advance(1);
    expect(() => backoff.check()).toThrow(expect.objectContaining({ code: "RETRIES_EXHAUSTED" }) as Error);
    await expect(backoff.pause()).rejects.toMatchObject({
      code: "RETRIES_EXHAUSTED",
      message: "save of photo p1: gave up after one attempt in 1000 ms",
    });
    expect(clock.slept).toEqual([]);
  });

  test("starts no attempt after a pause that outlasted the deadline", async () => {
    const clock = new FakeClock();
    const backoff = new Backoff("save", { ...settings, firstPause: 5000, longestPause: 5000 }, clock, () => 0.9);
    await expect(backoff.pause()).rejects.toMatchObject({ code: "RETRIES_EXHAUSTED" });
  });

  test("ends at once for a signal that has aborted: ABORTED, with the reason as cause", () => {
    const reason = new Error("enough");
    const create = (): Backoff => new Backoff("save", settings, new FakeClock(), () => 0, AbortSignal.abort(reason));
    expect(create).toThrow(expect.objectContaining({ code: "ABORTED", cause: reason }) as Error);
  });

  test("ends a pause when the signal aborts: ABORTED", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    clock.duringSleep = () => controller.abort("stop");
    const backoff = new Backoff("save", settings, clock, () => 0.5, controller.signal);
    await expect(backoff.pause()).rejects.toMatchObject({ code: "ABORTED", cause: "stop" });
  });

  test("passes on what the clock throws for another reason", async () => {
    const clock = new FakeClock();
    clock.duringSleep = () => {
      throw new Error("broken clock");
    };
    await expect(new Backoff("save", settings, clock, () => 0).pause()).rejects.toThrow("broken clock");
  });
});
