import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { seeded } from "../../benchmarks/random.js";
import { workers, type Output } from "../../benchmarks/tuf/workers.js";
import { benchPlace } from "./bench-place.js";

const place = benchPlace(() => Promise.resolve());

test("workers of all arms do their rounds, in processes that end with the last, and lose nothing", async () => {
  const directory = await mkdtemp(join(tmpdir(), "distinction-workers-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const { url, tables } = place;
  const { signal } = new AbortController();
  const bench = { url, tables, directory, quick: true, roundTrip: 0, random: seeded(1), signal };
  const crew = { bins: 4, workers: 2 };
  const rounds = { distinction: 2, "global lock": 2, "no lock, one at a time": 1, "global lock, together": 1 };
  const { samples, arms } = await workers({ ...bench, say: () => undefined }, crew, 8, rounds);
  const found = arms.map(({ name, acknowledged, output }) => {
    expect(samples[name], name).toEqual(Array.from({ length: rounds[name] }, () => expect.any(Number) as number));
    return { name, ...acknowledged, tasks: output.tasks };
  });
  const warmUp = { updates: 20, lost: 0 }; // nobody takes the lock for it
  expect(found).toEqual([
    { name: "distinction", free: { updates: 52, lost: 0 }, locked: { updates: 0, lost: 0 }, tasks: 32 },
    { name: "global lock", free: warmUp, locked: { updates: 32, lost: 0 }, tasks: 32 },
    { name: "no lock, one at a time", free: { updates: 36, lost: 0 }, locked: { updates: 0, lost: 0 }, tasks: 16 },
    { name: "global lock, together", free: warmUp, locked: { updates: 16, lost: 0 }, tasks: 16 },
  ]);
  const [free, locked, apart, batched] = arms.map(({ output }) => output) as [Output, Output, Output, Output];
  expect(locked.published, "one at a time under the lock, each task publishes a bin, the snapshot, the timestamp").toBe(
    96,
  );
  for (const { published, signatures } of [locked, batched])
    expect(signatures, "nobody comes first under a lock").toBe(published);
  expect(batched.published, "together tasks share publishes").toBeLessThan(batched.tasks);
  expect(free.signatures / free.tasks).toBeLessThan(apart.signatures / apart.tasks);
}, 120_000);
