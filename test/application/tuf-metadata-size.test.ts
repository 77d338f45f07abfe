import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkReadable, checkSignable, MAX_METADATA, MAX_TARGETS } from "../../domain/tuf/metadata-size.js";
import { UnsignedRolesError } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { foreignKey } from "../conformance/foreign-repository.js";
import { hashesOf, makeTufWorld, targetOf, type TufWorld } from "./tuf-world.js";

const TOO_LARGE = expect.objectContaining({ code: "METADATA_TOO_LARGE" }) as Error;

describe("metadata that clients would not read", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld(2);
  });
  afterEach(() => world.remove());

  /** Together more than the limit, one less of them fewer. */
  const large = (prefix: string) => {
    const custom = { note: "x".repeat(MAX_METADATA / 80) };
    return new Map(
      Array.from({ length: 80 }, (_, index) => [`${prefix}/${index}`, { ...targetOf(`${index}`), custom }] as const),
    );
  };

  it("is not signed, and holds up nothing else", async () => {
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"] });
    await world.publisher().publish("main");
    await addTargets(world.ports, "main", large("team"));
    await world.add("other");
    const failed = await world
      .publisher()
      .publish("main")
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UnsignedRolesError);
    expect(failed).toMatchObject({
      message: expect.stringMatching(/role team: 5,\d{3},\d{3} bytes, clients read at most 5,000,000/) as string,
    });
    expect(await world.published()).toEqual(hashesOf("other"));

    await removeTargets(world.ports, "main", ["team/0", "team/1"]);
    await world.publisher().publish("main");
    expect((await world.published()).size).toBe(79);
  });

  it("is not asked to be signed by people", async () => {
    const { publicKey } = foreignKey();
    const keys = { keys: [publicKey as never], threshold: 1 };
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"], keys });
    await addTargets(world.ports, "main", large("team"));
    await expect(world.publisher().publish("main")).rejects.toBeInstanceOf(UnsignedRolesError);
    expect(await world.ports.trust.openEventOf("main", "team")).toBeUndefined();
  });

  it("is not accepted, where a role without hash bins would have more targets than can be in it", async () => {
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"] });
    await addDelegation(world.ports, "main", { role: "many", paths: ["many/*"], bins: 2 });
    const any = targetOf("any");
    const given = (role: string, count: number) =>
      new Map(Array.from({ length: count }, (_, index) => [`${role}/${index}`, any] as const));
    const refused = {
      code: "METADATA_TOO_LARGE",
      message: "role team: 48,077 targets, clients read at most 48,076 of one role; give it hash bins",
    };
    await expect(addTargets(world.ports, "main", given("team", MAX_TARGETS + 1))).rejects.toMatchObject(refused);
    await addTargets(world.ports, "main", given("many", MAX_TARGETS + 1));
    await addTargets(world.ports, "main", given("team", 2));

    const { store } = world.ports;
    const counted = vi.spyOn(store, "targetCount").mockResolvedValue(MAX_TARGETS + 1);
    await expect(addTargets(world.ports, "main", given("team", 1))).rejects.toMatchObject(refused);
    await removeTargets(world.ports, "main", ["team/0"]);
    await addTargets(world.ports, "main", given("many", 1));
    counted.mockRestore();
    expect([...(await store.roleStates("main", ["team"]))[0]!.targets.keys()]).toEqual(["team/1"]);
  });

  it("is more than what default limits of clients let through, signatures included", () => {
    expect(() => checkReadable("bins-0", MAX_METADATA)).not.toThrow();
    expect(() => checkReadable("bins-0", MAX_METADATA + 1)).toThrow(TOO_LARGE);
    expect(() => checkSignable("bins-0", MAX_METADATA - 100)).toThrow(TOO_LARGE);
    expect(() => checkSignable("bins-0", MAX_METADATA - 70_000)).not.toThrow();
  });
});
