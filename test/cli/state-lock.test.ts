import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
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
