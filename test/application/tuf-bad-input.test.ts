import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import type { Target } from "../../domain/tuf/target.js";
import { addTargets, addValidTargets } from "../../src/application/tuf/targets/add-targets.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { hashesOf, makeTufWorld, storedPaths, targetOf, type TufWorld } from "./tuf-world.js";

/** Paths and contents that no repository takes, by what is wrong with them. */
const PATHS: readonly (readonly [what: string, path: string])[] = [
  ["escapes", "a/../../b"],
  ["begins at the root", "/etc/passwd"],
  ["is empty", ""],
  ["is too long", "ä".repeat(513)],
  ["holds a control character", "a\u0007b"],
  ["holds a character beyond U+FFFF", "a\u{1f600}"],
];
const { length, sha256 } = targetOf("content");
const CONTENTS: readonly (readonly [what: string, target: Target])[] = [
  ["a length below zero", { length: -1, sha256 }],
  ["a length that is no whole number", { length: 1.5, sha256 }],
  ["a length beyond 53 bits", { length: 2 ** 53, sha256 }],
  ["a hash that is too short", { length, sha256: sha256.slice(2) }],
  ["a hash in upper case", { length, sha256: sha256.toUpperCase() }],
  ["a hash of other characters", { length, sha256: sha256.replace(/^../, "xy") }],
];

describe("what is not accepted of targets", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
  });
  afterEach(() => world.remove());

  const stored = () => storedPaths(world);
  const beside = (path: string, target: Target) =>
    new Map([
      ["good", targetOf("good")],
      [path, target],
    ]);

  test.each(PATHS)("a path that %s: neither added nor removed, nor what came with it", async (_, path) => {
    const refused = { code: "INVALID_TARGET_PATH", faults: [{ code: "INVALID_TARGET_PATH" }] };
    await expect(addTargets(world.ports, "main", beside(path, targetOf("x")))).rejects.toMatchObject(refused);
    expect(stored()).toEqual([]);
    await world.add("good");
    await expect(removeTargets(world.ports, "main", ["good", path])).rejects.toMatchObject(refused);
    expect(stored()).toEqual(["good"]);
  });

  test.each(CONTENTS)("%s, nor what came with it", async (_, target) => {
    const refused = { code: "INVALID_TARGET", faults: [{ code: "INVALID_TARGET", path: "bad" }] };
    await expect(addTargets(world.ports, "main", beside("bad", target))).rejects.toMatchObject(refused);
    expect(stored()).toEqual([]);
  });

  it("is told for each, where partial acceptance is asked for, and the rest is accepted", async () => {
    const given = new Map<string, Target>([
      ["good", targetOf("good")],
      ...PATHS.map(([, path]) => [path, targetOf("x")] as const),
      ...CONTENTS.map(([what, target]) => [what, target] as const),
    ]);
    const { targets, refused } = await addValidTargets(world.ports, "main", given);
    expect(targets).toBe(1);
    expect(stored()).toEqual(["good"]);
    expect(refused.map(({ code }) => code)).toEqual([
      ...PATHS.map(() => "INVALID_TARGET_PATH"),
      ...CONTENTS.map(() => "INVALID_TARGET"),
    ]);
  });

  it("is nothing that differs from others only by case or Unicode form: all are kept apart, published, and removed", async () => {
    const paths = ["Straße", "straße", "STRASSE", "\u00e9", "e\u0301", "\ufb01", "fi", "a", "A"];
    await world.add(...paths);
    await world.publisher().publish("main");
    expect(await world.published()).toEqual(hashesOf(...paths));
    await removeTargets(world.ports, "main", ["A", "\u00e9"]);
    await world.publisher().publish("main");
    expect(await world.published()).toEqual(hashesOf(...paths.filter((path) => path !== "A" && path !== "\u00e9")));
  });
});
