import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CoalescedTargetEdits } from "../../domain/tuf/coalesced-edits.js";
import type { InvalidTargetsError } from "../../domain/tuf/errors.js";
import type { Target } from "../../domain/tuf/target.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { overridden } from "../support/overridden.js";
import { makeTufWorld, storedPaths, targetOf, type TufWorld } from "./tuf-world.js";

describe("TUF repository", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
  });
  afterEach(() => world.remove());

  const stored = () => storedPaths(world);

  describe("creation", () => {
    it("publishes every role at version 1, verified, with a key for each", async () => {
      expect((await readdir(world.metadata)).filter((name) => !name.startsWith(".")).sort()).toEqual([
        "1.bins-0.json",
        "1.bins-1.json",
        "1.bins-2.json",
        "1.bins-3.json",
        "1.root.json",
        "1.snapshot.json",
        "1.targets.json",
        "timestamp.json",
      ]);
      expect(await world.published()).toEqual(new Map());
      expect(await readdir(join(world.metadata, "..", "keys"))).toHaveLength(5);
    });

    it("happens once, and leaves no key behind when it is refused at the door", async () => {
      const exists = { code: "REPOSITORY_EXISTS" };
      await expect(createTufRepository(world.ports, { name: "main", bins: 4 })).rejects.toMatchObject(exists);
      await expect(createTufRepository(world.ports, { name: "a/b", bins: 4 })).rejects.toMatchObject({
        code: "INVALID_NAME",
      });
      await expect(createTufRepository(world.ports, { name: "b", bins: 3 })).rejects.toMatchObject({
        code: "INVALID_BIN_COUNT",
      });
      await expect(createTufRepository(world.ports, { name: "b", bins: 4, namePrefix: "1" })).rejects.toMatchObject({
        code: "INVALID_NAME",
      });
      expect(await readdir(join(world.metadata, "..", "keys"))).toHaveLength(5);
    });

    it("that ended before anything was published is completed by a publish, as the next one says", async () => {
      const unfinished = await makeTufWorld(4, undefined, "none");
      try {
        const { files } = unfinished.ports;
        const broken = overridden(files, { putAll: () => Promise.reject(new Error("disk full")) });
        const request = { name: "main", bins: 4 };
        await expect(createTufRepository({ ...unfinished.ports, files: broken }, request)).rejects.toThrow("disk full");
        await expect(createTufRepository(unfinished.ports, request)).rejects.toMatchObject({
          code: "REPOSITORY_EXISTS",
          message:
            "repository main exists already; it is not published yet, which a publish does once its root is signed",
        });
        await unfinished.publisher().publish("main");
        expect(await unfinished.published()).toEqual(new Map());
        await expect(createTufRepository(unfinished.ports, request)).rejects.toMatchObject({
          message: "repository main exists already",
        });
      } finally {
        await unfinished.remove();
      }
    });
  });

  it("does not share the storage of another repository", async () => {
    const other = createTufRepository(world.ports, { name: "other", bins: 4 });
    await expect(other).rejects.toMatchObject({
      code: "REPOSITORY_EXISTS",
      message: "repository other: the storage holds another repository already",
    });
    expect(await world.ports.store.repository("other")).toBeUndefined();
  });

  describe("edits", () => {
    it("answer how many targets went into which bins", async () => {
      const targets = new Map(Array.from({ length: 40 }, (_, index) => [`t/${index}`, targetOf(`${index}`)]));
      expect(await addTargets(world.ports, "main", targets)).toEqual({
        targets: 40,
        bins: ["bins-0", "bins-1", "bins-2", "bins-3"],
      });
      expect(stored()).toEqual([...targets.keys()].sort());
      const removed = await removeTargets(world.ports, "main", ["t/0", "t/0", "none"]);
      expect(removed).toEqual({ targets: 1, bins: [expect.stringMatching(/^bins-[0-3]$/)] });
      expect(await removeTargets(world.ports, "main", ["t/0", "none"])).toEqual({ targets: 0, bins: [] });
      expect(stored()).toHaveLength(39);
    });

    it("answer what calls removed that were accepted together, each by itself", async () => {
      const ports = { ...world.ports, edits: new CoalescedTargetEdits(world.ports.edits) };
      await addTargets(ports, "main", new Map([["a", targetOf("a")]]));
      const calls = ["a", "a", "none"].map((path) => removeTargets(ports, "main", [path]));
      expect((await Promise.all(calls)).map(({ targets }) => targets)).toEqual([1, 0, 0]);
    });

    it("refuse a call whole, with every fault in it, and accept nothing of it", async () => {
      const targets = new Map<string, Target>([
        ["good", targetOf("good")],
        ["../escape", targetOf("x")],
        ["short-digest", { length: 1, sha256: "ab" }],
        ["/absolute", { length: -1, sha256: "cd" }],
      ]);
      const error = await addTargets(world.ports, "main", targets).catch(
        (thrown: unknown) => thrown as InvalidTargetsError,
      );
      expect(error).toMatchObject({ code: "INVALID_TARGET_PATH", name: "InvalidTargetsError" });
      expect((error as InvalidTargetsError).faults.map(({ path }) => path)).toEqual([
        "../escape",
        "short-digest",
        "/absolute",
        "/absolute",
        "/absolute",
      ]);
      expect(stored()).toEqual([]);
      await addTargets(world.ports, "main", new Map([["good", targetOf("good")]]));
      await expect(removeTargets(world.ports, "main", ["good", ""])).rejects.toMatchObject({
        code: "INVALID_TARGET_PATH",
      });
      expect(stored()).toEqual(["good"]);
    });

    it("keep what JSON keeps: no member is undefined where it would be lost, and none that no metadata states", async () => {
      const { length, sha256 } = targetOf("a");
      const lost = { length, sha256, custom: { a: undefined } } as unknown as Target;
      await expect(addTargets(world.ports, "main", new Map([["a", lost]]))).rejects.toMatchObject({
        code: "INVALID_TARGET",
        faults: [{ path: "a", reason: "custom: JSON, got undefined" }],
      });
      expect(stored()).toEqual([]);

      await addTargets(world.ports, "main", new Map([["a", { length, sha256 }]]));
      const versions = async () => {
        const bins = await world.ports.store.roleStates("main", ["bins-0", "bins-1", "bins-2", "bins-3"]);
        return bins.map(({ version }) => version);
      };
      const before = await versions();
      const same = { length, sha256, custom: undefined, other: 1 } as unknown as Target;
      await addTargets(world.ports, "main", new Map([["a", same]]));
      expect(await versions()).toEqual(before);
    });

    it("need a repository", async () => {
      const missing = { code: "REPOSITORY_NOT_FOUND" };
      await expect(addTargets(world.ports, "none", new Map())).rejects.toMatchObject(missing);
      await expect(removeTargets(world.ports, "none", [])).rejects.toMatchObject(missing);
    });
  });
});
