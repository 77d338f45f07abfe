import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addDelegation, type DelegationRequest } from "../../src/application/tuf/delegations/add-delegation.js";
import { alterDelegation } from "../../src/application/tuf/delegations/alter-delegation.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { delegationStatuses } from "../../src/application/tuf/delegations/delegation-status.js";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import { unpublishedTargets } from "../../src/application/tuf/targets/unpublished-targets.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

const PATHS = Array.from({ length: 10 }, (_, index) => `team/${index}`);

describe("hash bins below a custom role", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
  });
  afterEach(() => world.remove());

  const publish = () => world.publisher().publish("main");
  const add = (request: Partial<DelegationRequest> = {}) =>
    addDelegation(world.ports, "main", { role: "team", paths: ["team/*"], bins: 4, ...request });
  const holdersOf = (path: string) =>
    [...world.state.repositories.get("main")!.roles.values()]
      .filter(({ targets }) => targets.has(path))
      .map(({ name }) => name);
  const unsigned = async () => (await delegationStatuses(world.ports, "main"))[0]!.isUnsigned;

  it("take the paths of the role, from wherever they were", async () => {
    await world.add("team/0", "x");
    await add({ role: "first", paths: ["*/0"], bins: 2 });
    await add();
    await world.add(...PATHS, "x");
    for (const path of PATHS) expect(holdersOf(path)).toEqual([expect.stringMatching(/^(first-[01]|team-[0-3])$/)]);
    expect(holdersOf("team/0")[0]).toMatch(/^first-/);
    expect(holdersOf("x")[0]).toMatch(/^bins-/);
    await publish();
    expect(await world.published()).toEqual(hashesOf(...PATHS, "x"));
    const walk = verifyTufRepository(world.ports, world.clock.now());
    let step = await walk.next();
    while (step.done !== true) step = await walk.next();
    expect(step.value).toMatchObject({ bins: 4 + 4 + 2, customRoles: 2, targets: 11, hidden: 0 });
  });

  it("are signed where something of them changed, alone too, and the role only with its keys", async () => {
    await add();
    await world.add("team/0");
    await expect(world.publisher().publishOnly("main", ["team/0"])).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
    expect(await unsigned()).toBe(true);
    await publish();
    expect(await unsigned()).toBe(false);
    await world.add("team/1");
    expect(await unsigned()).toBe(true);
    const changes = [];
    for await (const { path, bin, change } of unpublishedTargets(world.ports, "main"))
      changes.push([path, bin, change]);
    expect(changes).toEqual([["team/1", holdersOf("team/1")[0], "added"]]);
    const { rolesSigned } = await world.publisher().publishOnly("main", ["team/1"]);
    expect(rolesSigned).toEqual([{ role: holdersOf("team/1")[0], metadataVersion: 2 }]);
    expect(await publish()).toMatchObject({ rolesSigned: [], committed: "nothing" });
    expect(await world.published()).toEqual(hashesOf("team/0", "team/1"));
  });

  it("come to clients once all of them are signed, and their role's new keys likewise", async () => {
    await world.add("kept");
    await publish();
    await add();
    await world.add(...PATHS);
    const before = (await world.ports.store.repository("main"))!.trust["team"]!.keyIds[0]!;
    const without = (lost: string) => ({
      load: async (id: string) => (id === lost ? undefined : world.ports.keys.load(id)),
    });
    await expect(world.publisher({ keys: without(before) }).publish("main")).rejects.toMatchObject({
      code: "KEY_NOT_FOUND",
    });
    expect(await world.published()).toEqual(hashesOf("kept"));
    await publish();
    expect(await world.published()).toEqual(hashesOf("kept", ...PATHS));

    const made = await world.ports.keys.generate();
    await changeTrust(world.ports, "main", replaceKey(["team"], before, made));
    await world.add("other");
    await expect(world.publisher({ keys: without(made.keyId) }).publish("main")).rejects.toMatchObject({
      code: "KEY_NOT_FOUND",
    });
    expect(await world.published()).toEqual(hashesOf("kept", "other", ...PATHS));
    await publish();
    expect(await world.published()).toEqual(hashesOf("kept", "other", ...PATHS));
  });

  it.each<[string, Partial<DelegationRequest>, string]>([
    ["no power of two", { bins: 3 }, "INVALID_BIN_COUNT"],
    ["too many", { bins: 131_072 }, "INVALID_BIN_COUNT"],
    ["not terminating", { terminating: false }, "INVALID_DELEGATION"],
    ["with a name that leaves no room for theirs", { role: "a".repeat(60) }, "INVALID_NAME"],
    ["named as a role that is there", { role: "Other" }, "INVALID_NAME"],
  ])("are refused: %s", async (_, request, code) => {
    await add({ role: "other-0f", paths: ["other/*"] });
    await expect(add(request)).rejects.toMatchObject({ code });
    expect((await world.ports.store.repository("main"))!.customRoles).toHaveLength(1);
  });

  it("keep their role terminating, its name theirs, and the paths that they hold", async () => {
    await add();
    await world.add("team/0");
    const refused = (code: string) => expect.objectContaining({ code }) as Error;
    await expect(alterDelegation(world.ports, "main", "team", { terminating: false })).rejects.toEqual(
      refused("INVALID_DELEGATION"),
    );
    await expect(alterDelegation(world.ports, "main", "team", { paths: ["x"] })).rejects.toEqual(
      refused("INVALID_DELEGATION"),
    );
    await expect(add({ role: "Team-0", paths: ["x"] })).rejects.toEqual(refused("INVALID_NAME"));
    await alterDelegation(world.ports, "main", "team", { paths: ["team/?", "x/*"] });
    await publish();
    expect(await world.published()).toEqual(hashesOf("team/0"));
    expect(await delegationStatuses(world.ports, "main")).toMatchObject([{ bins: 4, terminating: true }]);
  });
});
