import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addTargetList } from "../../src/application/tuf/targets/add-target-list.js";
import { addTargets, addValidTargets } from "../../src/application/tuf/targets/add-targets.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { unpublishedTargets } from "../../src/application/tuf/targets/unpublished-targets.js";
import { hashesOf, makeTufWorld, targetOf, type TufWorld } from "./tuf-world.js";

describe("unpublished edits", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld(2);
  });
  afterEach(() => world.remove());

  async function unpublished(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for await (const { path, change } of unpublishedTargets(world.ports, "main")) found[path] = change;
    return found;
  }

  const replace = (path: string, content: string) =>
    addTargets(world.ports, "main", new Map([[path, targetOf(content)]]));

  it("are listed until they are published, whatever came and went", async () => {
    await world.add("kept", "replaced", "removed");
    await world.publisher().publish("main");
    expect(await unpublished()).toEqual({});
    await world.add("new", "passing");
    await replace("replaced", "other");
    await removeTargets(world.ports, "main", ["removed", "passing"]);
    expect(await unpublished()).toEqual({ new: "added", replaced: "changed", removed: "removed" });
    await world.publisher().publish("main");
    expect(await unpublished()).toEqual({});
  });

  it("are published one by one where that is asked for; the others wait, and are then published too", async () => {
    const all = ["a", "b", "c", "d", "e", "f"];
    await world.add(...all);
    const publisher = world.publisher();
    const report = await publisher.publishOnly("main", ["a", "b", "nobody"]);
    expect(report).toMatchObject({ committed: "snapshot", unchanged: ["nobody"] });
    expect(await world.published()).toEqual(hashesOf("a", "b"));
    expect(Object.keys(await unpublished()).sort()).toEqual(["c", "d", "e", "f"]);
    await removeTargets(world.ports, "main", ["a"]);
    await replace("b", "other");
    await publisher.publishOnly("main", ["a"]);
    expect(await world.published()).toEqual(hashesOf("b"));
    expect(await publisher.publishOnly("main", ["a"])).toMatchObject({
      rolesSigned: [],
      committed: "nothing",
      unchanged: ["a"],
    });
    await publisher.publishOnly("main", ["b", ...all.slice(2)]);
    expect(await unpublished()).toEqual({});
    expect(await publisher.publish("main")).toMatchObject({ rolesSigned: [], filesWritten: [] });
    expect((await world.published()).get("b")).toBe(targetOf("other").sha256);
  });

  it("keep custom metadata", async () => {
    const custom = { name: "ünï", deep: { list: [1, null, "x"] } };
    await addTargets(world.ports, "main", new Map([["a", { ...targetOf("a"), custom }]]));
    await world.add("b");
    await world.publisher().publishOnly("main", ["a"]);
    await world.publisher().publishOnly("main", ["b"]);
    expect(await unpublished()).toEqual({});
    const bins = await world.ports.store.roleStates("main", ["bins-0", "bins-1"]);
    expect(bins.flatMap(({ targets }) => targets.get("a") ?? [])).toEqual([{ ...targetOf("a"), custom }]);
  });

  it("are taken from a list of any length, of which the last of a path holds", async () => {
    async function* list() {
      yield ["a", targetOf("first")] as const;
      yield ["b", targetOf("b")] as const;
      yield ["a", targetOf("last")] as const;
    }
    const adding = addTargetList(world.ports, "main", list());
    expect(await adding.next()).toEqual({ done: true, value: 2 });
    await world.publisher().publish("main");
    expect(await world.published()).toEqual(new Map([...hashesOf("b"), ["a", targetOf("last").sha256]]));
  });

  it("are accepted in part only where that is asked for, with an answer for each that is not", async () => {
    const targets = new Map([
      ["good", targetOf("good")],
      ["../bad", targetOf("bad")],
    ]);
    await expect(addTargets(world.ports, "main", targets)).rejects.toMatchObject({ code: "INVALID_TARGET_PATH" });
    expect(await unpublished()).toEqual({});
    const { targets: accepted, refused } = await addValidTargets(world.ports, "main", targets);
    expect([accepted, refused.map(({ path }) => path)]).toEqual([1, ["../bad"]]);
    expect(await unpublished()).toEqual({ good: "added" });
  });

  it("are told of batch by batch as they are accepted", async () => {
    const told: number[] = [];
    const targets = new Map(Array.from({ length: 4_001 }, (_, index) => [`p/${index}`, targetOf(`${index}`)]));
    await addTargets(world.ports, "main", targets, { onEdits: (edits) => told.push(edits) });
    expect(told).toEqual([4_000, 1]);
  });

  it("are not accepted once the caller has given up", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const targets = new Map([["a", targetOf("a")]]);
    const aborted = expect.objectContaining({ code: "ABORTED" });
    await expect(addTargets(world.ports, "main", targets, { signal })).rejects.toEqual(aborted);
    await expect(removeTargets(world.ports, "main", ["a"], { signal })).rejects.toEqual(aborted);
    expect(await unpublished()).toEqual({});
  });
});
