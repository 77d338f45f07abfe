import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { CoalescedTargetEdits } from "../../domain/tuf/coalesced-edits.js";
import type { JsonObject } from "../../domain/tuf/json.js";
import type { Target } from "../../domain/tuf/target.js";
import { addTargetList } from "../../src/application/tuf/targets/add-target-list.js";
import { addTargets, addValidTargets } from "../../src/application/tuf/targets/add-targets.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { makeTufWorld, targetOf, type TufWorld } from "./tuf-world.js";

type Loose = { length: number; sha256: string; custom?: Record<string, unknown> };

describe("what is accepted of targets is what was checked", () => {
  let world: TufWorld;
  let ports: TufWorld["ports"] & { readonly edits: CoalescedTargetEdits };
  beforeEach(async () => {
    world = await makeTufWorld();
    ports = { ...world.ports, edits: new CoalescedTargetEdits(world.ports.edits) } as never;
  });
  afterEach(() => world.remove());

  const given = (path: string, target: Loose) => new Map([[path, target as Target]]);
  const loose = (custom?: Record<string, unknown>): Loose => ({
    ...targetOf("a"),
    ...(custom === undefined ? {} : { custom }),
  });
  const kept = () =>
    Object.fromEntries(
      [...world.state.repositories.get("main")!.roles.values()].flatMap(({ targets }) => [...targets]),
    );

  it("whatever a caller puts into the Map later", async () => {
    const targets = given("a", loose());
    const calls = [addTargets(ports, "main", targets), addValidTargets(ports, "main", targets)];
    targets.set("../../etc/passwd", targetOf("x"));
    await Promise.all(calls);
    expect(kept()).toEqual({ a: targetOf("a") });
  });

  it("whatever becomes of a target's members later", async () => {
    const target = loose({ n: 1, deep: { list: [1] } });
    const call = addTargets(ports, "main", given("a", target));
    Object.assign(target, { length: -7, sha256: "zz" });
    Object.assign(target.custom!, { n: 1.5 });
    (target.custom!.deep as { list: unknown[] }).list.push(undefined);
    await call;
    expect(kept()).toEqual({ a: { ...targetOf("a"), custom: { n: 1, deep: { list: [1] } } } });
    await world.publisher().publish("main");
    expect([...(await world.published()).keys()]).toEqual(["a"]);
  });

  it("where one object is given in several calls, each time with another value", async () => {
    const custom = { n: 0 };
    const calls = [0, 1, 2].map((n) => {
      custom.n = n;
      return addTargets(ports, "main", given(`p${n}`, loose(custom)));
    });
    await Promise.all(calls);
    expect(Object.entries(kept()).map(([path, { custom }]) => [path, custom?.n])).toEqual(
      expect.arrayContaining([0, 1, 2].map((n) => [`p${n}`, n])),
    );
  });

  it("where a list yields one object for all", async () => {
    const row = loose({ n: 0 });
    const list = function* (): Generator<[string, Target]> {
      for (row.custom!.n = 0; (row.custom!.n as number) < 3; (row.custom!.n as number)++) {
        yield [`p${String(row.custom!.n)}`, row as Target];
      }
    };
    for await (const _ of addTargetList(ports, "main", list()));
    expect(Object.entries(kept()).map(([path, { custom }]) => [path, custom?.n])).toEqual(
      expect.arrayContaining([0, 1, 2].map((n) => [`p${n}`, n])),
    );
  });

  it("where Map, list of removals or members answer otherwise at each reading", async () => {
    let readings = 0;
    const changing = {
      get: () => undefined,
      *[Symbol.iterator]() {
        yield readings++ === 0 ? ["a", targetOf("a")] : ["../x", targetOf("x")];
      },
    };
    await addTargets(ports, "main", changing as never);
    let lengths = 0;
    const counting = { ...targetOf("b"), length: 0 };
    Object.defineProperty(counting, "length", { get: () => (lengths++ === 0 ? 1 : -5) });
    await addTargets(ports, "main", given("b", counting));
    expect(kept()).toEqual({ a: targetOf("a"), b: { ...targetOf("b"), length: 1 } });

    const paths = ["a"];
    const removed = removeTargets(ports, "main", paths);
    paths[0] = "b";
    await removed;
    expect(Object.keys(kept())).toEqual(["b"]);
  });

  const hidden = (value: unknown) => Object.defineProperty({ a: 1 }, "toJSON", { value: () => value });
  const throwing = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("no members here");
      },
    },
  );
  test.each<[string, object]>([
    ["a hidden toJSON that answers text", hidden("hello")],
    ["a hidden toJSON that answers nothing", hidden(undefined)],
    ["a getter", Object.defineProperty({}, "a", { enumerable: true, get: () => 1 })],
    ["a getter in a list", { a: Object.defineProperty([0], 0, { enumerable: true, get: () => 1 }) }],
    ["a member beside the elements of a list", { a: Object.assign([1], { toJSON: () => 1.5 }) }],
    ["a member under a symbol", { [Symbol("a")]: 1 }],
    ["a list with a hole", { a: [1, , 2] }], // eslint-disable-line no-sparse-arrays
    ["a member that throws", throwing],
  ])("and not where custom metadata has %s: that is refused", async (_, custom) => {
    const added = addTargets(ports, "main", given("a", loose(custom as JsonObject)));
    await expect(added).rejects.toMatchObject({ code: "INVALID_TARGET", faults: [{ path: "a" }] });
    expect(kept()).toEqual({});
    await expect(world.publisher().publish("main")).resolves.toMatchObject({ committed: "nothing" });
  });

  it("and is looked at once more before it is signed: nothing is signed that no client would read", async () => {
    await world.add("a");
    for (const { targets } of world.state.repositories.get("main")!.roles.values()) {
      if (targets.has("a")) targets.set("a", { ...targetOf("a"), length: -7 });
    }
    await expect(world.publisher().publish("main")).rejects.toMatchObject({
      code: "CORRUPT_REPOSITORY",
      message: expect.stringContaining('target "a"') as string,
    });
    await removeTargets(ports, "main", ["a"]);
    await world.publisher().publish("main");
    expect(await world.published()).toEqual(new Map());
  });

  test.each([[[5]], [["ab"]], [5], [null], [undefined], ["ab"]])("a list that is %o is refused", async (list) => {
    const read = addTargetList(ports, "main", list as never);
    await expect(read.next()).rejects.toMatchObject({ code: expect.stringMatching(/^INVALID_TARGET/) as string });
  });
});
