import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { seeded } from "../../benchmarks/random.js";
import { workers } from "../../benchmarks/tuf/workers.js";
import { benchPlace } from "./bench-place.js";

const place = benchPlace(() => Promise.resolve());

test("workers of both arms do all rounds, in processes that end with the last, and lose nothing", async () => {
  const directory = await mkdtemp(join(tmpdir(), "distinction-workers-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const { url, tables } = place;
  const { signal } = new AbortController();
  const bench = { url, tables, directory, quick: true, roundTrip: 0, random: seeded(1), signal };
  const crew = { bins: 4, workers: 2 };
  const { samples, acknowledged, free, locked } = await workers({ ...bench, say: () => undefined }, crew, 3, 2);
  expect(samples).toEqual({
    distinction: [expect.any(Number), expect.any(Number)],
    "global lock": [expect.any(Number), expect.any(Number)],
  });
  expect(acknowledged, "40 as warm-up, for which nobody takes the lock").toEqual({
    distinction: { updates: 52, lost: 0 },
    "global lock": { updates: 12, lost: 0 },
  });
  expect([free.tasks, locked.tasks]).toEqual([12, 12]);
  expect(locked.published, "under the lock each task publishes a bin, the snapshot and the timestamp").toBe(36);
  expect(locked.signatures).toBe(36);
}, 120_000);
