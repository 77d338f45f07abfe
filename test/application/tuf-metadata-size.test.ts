import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkReadable, checkSignable, MAX_METADATA, MAX_TARGETS } from "../../domain/tuf/metadata-size.js";
import type { Target } from "../../domain/tuf/target.js";
import { UnsignedRolesError } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { addTargets, addValidTargets, faultsByPath } from "../../src/application/tuf/targets/add-targets.js";
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

  describe("of a role without hash bins", () => {
    const any = targetOf("any");
    const given = (prefix: string, count: number) =>
      new Map(Array.from({ length: count }, (_, index) => [`${prefix}/${index}`, any] as const));
    const refused = (held: string, added: string) => ({
      code: "METADATA_TOO_LARGE",
      message:
        `role team: ${held} targets and ${added} new ones, ` +
        "clients read at most 48,076 of one role; give it hash bins",
    });
    const heldBy = (role: string) => world.ports.store.targetCount("main", role, 2 * MAX_TARGETS);

    /** As full as it can be. */
    const fill = async (role: string) => {
      await addDelegation(world.ports, "main", { role, paths: [`${role}/*`, `${role}/*/*`] });
      const { targets } = world.state.repositories.get("main")!.roles.get(role)!;
      for (const [path, target] of given(role, MAX_TARGETS)) targets.set(path, target);
    };
    const add = (targets: ReadonlyMap<string, Target>) => addTargets(world.ports, "main", targets);

    it("is not accepted, whether in one call or in several, and nothing of the call that is too much", async () => {
      await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"] });
      await expect(add(given("team", MAX_TARGETS + 1))).rejects.toMatchObject(refused("0", "48,077"));
      expect(await heldBy("team")).toBe(0);
      await removeDelegation(world.ports, "main", "team");

      await fill("team");
      await expect(add(given("team/more", MAX_TARGETS))).rejects.toMatchObject(refused("48,076", "48,076"));
      await expect(add(given("team/more", 1))).rejects.toMatchObject(refused("48,076", "1"));
      await expect(add(given("team", MAX_TARGETS + 1))).rejects.toMatchObject(refused("48,076", "1"));
      expect(await heldBy("team")).toBe(MAX_TARGETS);
    });

    it("is refused target by target, where partial acceptance is asked for", async () => {
      await fill("team");
      const { targets } = world.state.repositories.get("main")!.roles.get("team")!;
      targets.delete("team/7");
      const mixed = new Map([...given("team/more", 3), ["team/5", targetOf("new")], ["other", any]]);
      const faults = await faultsByPath(world.ports, "main", mixed);
      expect([...faults.keys()]).toEqual(["team/more/1", "team/more/2"]);
      const { targets: accepted, refused: told } = await addValidTargets(world.ports, "main", mixed);
      expect(accepted).toBe(3);
      expect(told).toEqual(
        ["team/more/1", "team/more/2"].map((path) => {
          const { code, message: reason } = refused("48,075", "3");
          return { code, path, reason };
        }),
      );
      expect(await heldBy("team")).toBe(MAX_TARGETS);
      expect(targets.get("team/5")).toEqual(targetOf("new"));
    });

    it("leaves room for what is there already, and for as much as was removed", async () => {
      await fill("team");
      await add(given("team", 5_000));
      await add(new Map([["team/7", targetOf("other")]]));
      await removeTargets(world.ports, "main", ["team/7"]);
      await add(new Map([["team/new", any]]));
      await expect(add(given("team", 8))).rejects.toMatchObject(refused("48,076", "1"));
      expect(await heldBy("team")).toBe(MAX_TARGETS);
    });

    it("is no matter for the bins of a role that has some", async () => {
      await addDelegation(world.ports, "main", { role: "many", paths: ["many/*"], bins: 2 });
      await addTargets(world.ports, "main", given("many", MAX_TARGETS + 1));
      expect(await heldBy("many")).toBe(MAX_TARGETS + 1);
    });
  });

  it("is more than what default limits of clients let through, signatures included", () => {
    expect(() => checkReadable("bins-0", MAX_METADATA)).not.toThrow();
    expect(() => checkReadable("bins-0", MAX_METADATA + 1)).toThrow(TOO_LARGE);
    expect(() => checkSignable("bins-0", MAX_METADATA - 100)).toThrow(TOO_LARGE);
    expect(() => checkSignable("bins-0", MAX_METADATA - 70_000)).not.toThrow();
  });
});
