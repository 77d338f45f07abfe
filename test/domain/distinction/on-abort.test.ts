import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { DEFAULT_RETRY, backoffFor } from "../../../domain/distinction/save/retry.js";
import { onAbort } from "../../../domain/distinction/on-abort.js";
import { systemClock } from "../../../infrastructure/clock/system-clock.js";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

test("all who wait for a signal share one listener of it, and each is told once", () => {
  const { signal, abort } = aborting();
  const told: number[] = [];
  const takeBack = Array.from({ length: 20 }, (_, index) => onAbort(signal, () => told.push(index)));
  expect(listeners(signal)).toBe(1);
  takeBack[0]!();
  takeBack[0]!();
  abort();
  expect(told).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
  for (const one of takeBack) one();
  expect(listeners(signal)).toBe(0);
});

test("nothing is left at a signal once all are done, and it can be waited for again", () => {
  const { signal, abort } = aborting();
  onAbort(signal, () => expect.unreachable("it was taken back"))();
  expect(listeners(signal)).toBe(0);
  let told = 0;
  onAbort(signal, () => told++);
  abort();
  expect(told).toBe(1);
});

test("twenty operations and pauses under one signal listen to it once", async () => {
  const { signal, abort } = aborting();
  const environment = { clock: systemClock, random: () => 0 };
  const never = () => new Promise<never>(() => undefined);
  const waits = Array.from({ length: 20 }, (_, index) => {
    const backoff = backoffFor(`get ${index}`, environment, DEFAULT_RETRY, { signal });
    return [backoff.waiting(never), systemClock.sleep(60_000, signal)];
  }).flat();
  expect(listeners(signal)).toBe(1);
  const ended = Promise.allSettled(waits);
  abort();
  for (const [index, end] of (await ended).entries()) {
    const reason = index % 2 === 0 ? expect.objectContaining({ code: "ABORTED" }) : signal.reason;
    expect(end).toEqual({ status: "rejected", reason: reason as unknown });
  }
  expect(listeners(signal)).toBe(0);
});

function aborting(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
