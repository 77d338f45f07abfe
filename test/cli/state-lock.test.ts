import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeLock } from "../../src/cli/process-lock.js";
import { releaseTogether, startChild } from "../support/child.js";
import { StateInUseError, withStateLock } from "../../src/cli/demo/state-lock.js";

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "distinction-lock-"));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const held = (pid: string): Promise<void> => writeFile(join(state, "demo.pid"), pid);

test.each([
  ["nobody", undefined],
  ["a process that is gone", "2147483647"],
  ["a process that had this one's id", String(process.pid)],
  ["a process that was killed before it wrote its id", ""],
  ["something else", "no number"],
])("a state that belongs to %s can be had, and is given back", async (_, owner) => {
  if (owner !== undefined) await held(owner);
  expect(await withStateLock(state, () => readdir(state))).toEqual(["demo.pid"]);
  expect(await readdir(state)).toEqual([]);
});

test("a state that belongs to a running process cannot", async () => {
  await held(String(process.ppid));
  await expect(withStateLock(state, () => Promise.resolve())).rejects.toBeInstanceOf(StateInUseError);
  expect(await readdir(state)).toEqual(["demo.pid"]);
});

test("it is given back where the work fails", async () => {
  await expect(withStateLock(state, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(await readdir(state)).toEqual([]);
});

test("a lock whose process is gone goes to one of those who take it over at the same instant", async () => {
  const paths = Array.from({ length: 40 }, (_, index) => join(state, `${index}.pid`));
  for (const path of paths) await writeFile(path, "2147483647");
  const takers = Array.from({ length: 4 }, () => startChild(new URL("lock-taker.child.ts", import.meta.url), paths));
  for (let round = 0; round <= paths.length; round++) await releaseTogether(takers);
  const got = (await Promise.all(takers.map(({ output }) => output))) as string[][];
  expect(got.flat().sort()).toEqual([...paths].sort());
  expect((await readdir(state)).sort()).toEqual(paths.map((path) => basename(path)).sort());
}, 60_000);

test("a lock that this process has is not taken twice, and one that could not be had can be tried again", async () => {
  const path = join(state, "own.pid");
  const release = await takeLock(path);
  await expect(takeLock(path)).rejects.toMatchObject({ owner: process.pid });
  await release();
  await writeFile(path, String(process.ppid));
  for (let time = 0; time < 2; time++) await expect(takeLock(path)).rejects.toMatchObject({ owner: process.ppid });
  await rm(path);
  await (
    await takeLock(path)
  )();
  expect(await readdir(state)).toEqual([]);
});

test("a takeover that was killed on its way is gone on with", async () => {
  const path = join(state, "left.pid");
  for (const stale of [path, `${path}.takeover`]) await writeFile(stale, "2147483647");
  await (
    await takeLock(path)
  )();
  expect(await readdir(state)).toEqual([]);
});
