import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { addTargets, addValidTargets } from "../../src/application/tuf/targets/add-targets.js";
import { alterDelegation } from "../../src/application/tuf/delegations/alter-delegation.js";
import {
  addDelegationSignature,
  cancelDelegationSigning,
  delegationSigning,
  signDelegation,
} from "../../src/application/tuf/delegations/delegation-signing.js";
import { delegationStatuses } from "../../src/application/tuf/delegations/delegation-status.js";
import { type HiddenTargets, hiddenTargets } from "../../src/application/tuf/delegations/hidden-targets.js";
import { pruneTufRepository } from "../../src/application/tuf/publish/prune-tuf-repository.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { signatureOf } from "../../src/application/tuf/trust/role-signing.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { listKeys } from "../../src/application/tuf/trust/list-keys.js";
import { revokeKey } from "../../src/application/tuf/trust/revoke-key.js";
import { tufRepositoryStatus } from "../../src/application/tuf/tuf-repository-status.js";
import { unpublishedTargets } from "../../src/application/tuf/targets/unpublished-targets.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { hashesOf, makeTufWorld, targetOf, type TufWorld } from "./tuf-world.js";

const DAY = 24 * 3_600_000;

describe("custom roles", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
  });
  afterEach(() => world.remove());

  const publish = () => world.publisher().publish("main");
  const add = (role: string, paths: readonly string[], more: Partial<Parameters<typeof addDelegation>[2]> = {}) =>
    addDelegation(world.ports, "main", { role, paths, ...more });
  /** Which role has which paths, as accepted. */
  const placed = (role: string) => [...world.state.repositories.get("main")!.roles.get(role)!.targets.keys()].sort();
  const everywhere = (path: string) =>
    [...world.state.repositories.get("main")!.roles.values()]
      .filter(({ targets }) => targets.has(path))
      .map(({ name }) => name);
  const elsewhere = async (person: string) => {
    const keys = new KeyFiles(join(world.metadata, "..", person), world.ports.codec);
    const { keyId, publicKey } = await keys.generate();
    return { ports: { ...world.ports, keys }, keyId, publicKey };
  };
  /** A role that one person signs, elsewhere. */
  const addOffline = async (role = "team") => {
    const ada = await elsewhere("ada");
    await add(role, [`${role}/*`], { keys: { keys: [ada.publicKey], threshold: 1 } });
    return ada;
  };

  describe("targets", () => {
    it("belong to the first role that speaks for their path, and to no other", async () => {
      await world.add("team/a", "x/b");
      await add("team", ["team/*"]);
      await add("lib", ["*/a"]);
      await world.add("team/a", "lib/a", "lib/b", "x/b");
      expect([placed("team"), placed("lib")]).toEqual([["team/a"], ["lib/a"]]);
      expect(everywhere("team/a")).toEqual(["team"]);
      await alterDelegation(world.ports, "main", "lib", { before: "team" });
      await world.add("team/a");
      expect(everywhere("team/a")).toEqual(["lib"]);
      await alterDelegation(world.ports, "main", "team", { before: "lib" }); // where it belongs now, but is not
      const removed = await removeTargets(world.ports, "main", ["team/a", "x/b", "team/none"]);
      expect(removed).toEqual({ targets: 2, bins: [expect.stringMatching(/^bins-/), "lib"] });
      expect([...everywhere("team/a"), ...everywhere("x/b")]).toEqual([]);
    });

    it("are told by role, published and not, and can be published alone", async () => {
      await add("team", ["team/*"]);
      await world.add("team/a");
      await publish();
      await world.add("team/b", "team/c");
      const report = await addTargets(world.ports, "main", new Map([["team/d", targetOf("d")]]));
      expect(report).toEqual({ targets: 1, bins: ["team"] });
      const unpublished = async () => {
        const changes: string[] = [];
        for await (const { path, bin, change } of unpublishedTargets(world.ports, "main")) {
          changes.push(`${change} ${bin} ${path}`);
        }
        return changes.sort();
      };
      expect(await unpublished()).toEqual(["added team team/b", "added team team/c", "added team team/d"]);
      await world.publisher().publishOnly("main", ["team/b"]);
      expect(await world.published()).toEqual(hashesOf("team/a", "team/b"));
      expect(await unpublished()).toEqual(["added team team/c", "added team team/d"]);
    });

    it("are refused where a terminating role hides them from some clients", async () => {
      await add("team", ["team/*"], { terminating: true });
      await expect(world.add("ok", "team/.hidden")).rejects.toMatchObject({
        code: "INVALID_TARGET_PATH",
        faults: [{ path: "team/.hidden" }],
      });
      expect(everywhere("ok")).toEqual([]);
      await world.add(".hidden");
    });

    it("of which one is hidden are accepted without it where partial acceptance is asked for", async () => {
      await add("team", ["team/*"], { terminating: true });
      const targets = new Map(["ok", "team/.hidden", "../bad"].map((path) => [path, targetOf(path)]));
      const { targets: accepted, refused } = await addValidTargets(world.ports, "main", targets);
      expect([accepted, refused.map(({ path }) => path).sort()]).toEqual([1, ["../bad", "team/.hidden"]]);
    });

    it("that terminating roles hide are told by role, each once, whatever their patterns", async () => {
      const many = Array.from({ length: 7 }, (_, index) => `team/${index}`);
      await world.add(...many, "team/sub/x", "other", "t_am/0", "x");
      await add("first", ["x"]);
      await world.add("x");
      expect(await hiddenTargets(world.ports, "main")).toEqual([]);
      await add("later", ["team/sub/*", "x"], { terminating: true });
      await add("team", ["team/*", "team/1", "t?am/*"], { terminating: true, bins: 4, before: "later" });
      const hidden = await hiddenTargets(world.ports, "main");
      expect(hidden).toMatchObject([
        { role: "team", targets: 8 },
        { role: "later", targets: 1, examples: ["team/sub/x"] },
      ]);
      expect(new Set(hidden[0]!.examples).size).toBe(5);
      await world.add(...many.slice(0, 6));
      expect((await hiddenTargets(world.ports, "main"))[0]).toMatchObject({ role: "team", targets: 2 });
    });

    it("that too many roles hide are told by the last role that clients ask, each once, whatever their patterns", async () => {
      const keys = { keys: [(await world.ports.keys.generate()).publicKey], threshold: 1 };
      await world.add("team/a", "team/b", "other/a", "alone");
      for (let index = 0; index < 29; index++) await add(`r${index}`, ["team/*", "*/a"], { keys });
      await add("r29", ["team/b", "team/a"], { keys });
      expect(await hiddenTargets(world.ports, "main")).toEqual([]);
      await add("last", ["team/*", "*/a"], { keys });
      const told = { role: "last", reason: "limit", targets: 2, examples: ["team/a", "team/b"] };
      expect((await hiddenTargets(world.ports, "main")).map(sorted)).toEqual([told]);
      await add("end", ["other/*"], { keys, terminating: true });
      const ended = { role: "end", reason: "terminating", targets: 1, examples: ["other/a"] };
      expect((await hiddenTargets(world.ports, "main")).map(sorted)).toEqual([told, ended]);
      await world.add("team/a", "team/b", "other/a");
      expect(await hiddenTargets(world.ports, "main")).toEqual([]);
    });

    const sorted = (hidden: HiddenTargets) => ({ ...hidden, examples: hidden.examples.toSorted() });

    it("that a later, terminating role hides are counted, and come back with their next edit", async () => {
      await world.add("team/a");
      await add("team", ["team/*"], { terminating: true });
      await publish();
      const walk = verifyTufRepository(world.ports, world.clock.now());
      expect(await walk.next()).toMatchObject({
        done: true,
        value: { targets: 0, hidden: 1, customRoles: 1, bins: 4 },
      });
      await world.add("team/a");
      await publish();
      expect(await world.published()).toEqual(hashesOf("team/a"));
    });
  });

  it("keep the case of their names in files, metadata and what is told of them", async () => {
    await add("Team-A", ["Team/*"]);
    await world.add("Team/x", "team/x");
    await publish();
    expect([placed("Team-A"), everywhere("team/x")[0]]).toEqual([["Team/x"], expect.stringMatching(/^bins-/)]);
    expect(await readdir(world.metadata)).toContain("1.Team-A.json");
    expect((await delegationStatuses(world.ports, "main")).map(({ role }) => role)).toEqual(["Team-A"]);
    expect(await world.published()).toEqual(hashesOf("Team/x", "team/x"));
    await expect(add("team-a", ["y"])).rejects.toMatchObject({ code: "DELEGATION_EXISTS" });
  });

  describe("changes", () => {
    it("are refused, and nothing is left of them", async () => {
      await add("team", ["team/*"]);
      await world.add("team/a");
      const before = structuredClone(world.state.repositories.get("main"));
      const failing = async (code: string, change: Promise<unknown>) => {
        await expect(change).rejects.toMatchObject({ code });
      };
      await failing("INVALID_NAME", add("targets", ["a"]));
      await failing("INVALID_NAME", add("bins-3", ["a"]));
      await failing("DELEGATION_EXISTS", add("Team", ["a"]));
      await failing("INVALID_DELEGATION", add("lib", ["a/**"]));
      await failing("UNKNOWN_ROLE", add("lib", ["a"], { before: "none" }));
      await failing("INVALID_TRUST", add("lib", ["a"], { keys: { keys: [], threshold: 1 } }));
      await failing("INVALID_DELEGATION", alterDelegation(world.ports, "main", "team", { paths: ["other"] }));
      await failing("UNKNOWN_ROLE", alterDelegation(world.ports, "main", "none", { paths: ["other"] }));
      await failing("UNKNOWN_ROLE", removeDelegation(world.ports, "main", "bins"));
      await failing("ROLE_NOT_EMPTY", removeDelegation(world.ports, "main", "team"));
      await failing("REPOSITORY_NOT_FOUND", removeDelegation(world.ports, "none", "team"));
      const remove = { change: "remove-key", role: "team", keyId: "none" } as const;
      await failing("INVALID_TRUST", changeTrust(world.ports, "main", [remove]));
      await failing("UNKNOWN_ROLE", changeTrust(world.ports, "main", [{ ...remove, role: "none" }]));
      expect(world.state.repositories.get("main")).toEqual(before);
    });

    it("all take effect, however many are made at once", async () => {
      await Promise.all(["a", "b", "c", "d"].map((role) => add(role, [`${role}/*`])));
      const roles = (await delegationStatuses(world.ports, "main")).map(({ role }) => role);
      expect(roles.sort()).toEqual(["a", "b", "c", "d"]);
      await publish();
      await world.published();
    });

    it("leave nothing to do once they are published", async () => {
      await add("team", ["team/*"]);
      await world.add("team/a");
      expect((await tufRepositoryStatus(world.ports, "main")).isPublished).toBe(false);
      await publish();
      expect((await publish()).committed).toBe("nothing");
      const { isPublished, delegations, bins } = await tufRepositoryStatus(world.ports, "main");
      expect([isPublished, bins.unsigned]).toEqual([true, 0]);
      expect(delegations).toEqual([
        {
          role: "team",
          bins: 0,
          paths: ["team/*"],
          terminating: false,
          metadataVersion: 1,
          expiresAt: world.clock.now() + 365 * DAY,
          isDue: false,
          keys: 1,
          threshold: 1,
          isUnsigned: false,
          signing: undefined,
        },
      ]);
      await removeDelegation(world.ports, "main", "team", { withTargets: true });
      await publish();
      expect(await tufRepositoryStatus(world.ports, "main")).toMatchObject({ isPublished: true, delegations: [] });
    });
  });

  describe("people's signatures", () => {
    it("are asked for once, kept while others edit, and taken by the next publish", async () => {
      const ada = await addOffline();
      await world.add("team/a");
      expect((await publish()).awaiting).toEqual(["team"]);
      await world.add("team/b");
      await publish();
      const { event, missing } = await delegationSigning(world.ports, "main", "team");
      expect([event.number, missing]).toEqual([1, 1]);
      expect((await tufRepositoryStatus(world.ports, "main")).delegations[0]?.signing?.keyIds).toEqual([ada.keyId]);
      expect((await signDelegation(ada.ports, "main", "team")).signedWith).toEqual([ada.keyId]);
      expect((await publish()).rolesSigned).toContainEqual({ role: "team", metadataVersion: 1 });
      expect(await world.published()).toEqual(hashesOf("team/a"));
      // What came meanwhile is the next event's.
      expect((await publish()).awaiting).toEqual(["team"]);
      await signDelegation(ada.ports, "main", "team");
      await publish();
      expect(await world.published()).toEqual(hashesOf("team/a", "team/b"));
    });

    it("are taken from those who may sign, once, and over these bytes only", async () => {
      const ada = await addOffline();
      const eve = await elsewhere("eve");
      await publish();
      const { event } = await delegationSigning(world.ports, "main", "team");
      const addSignature = (signature: { keyid: string; sig: string }) =>
        addDelegationSignature(world.ports, "main", "team", signature);
      const good = await signatureOf((await ada.ports.keys.load(ada.keyId))!, event.payload);
      const foreign = await signatureOf((await eve.ports.keys.load(eve.keyId))!, event.payload);
      await expect(addSignature(foreign)).rejects.toMatchObject({ code: "KEY_NOT_AUTHORIZED" });
      await expect(addSignature({ ...good, sig: foreign.sig })).rejects.toMatchObject({ code: "INVALID_SIGNATURE" });
      expect((await addSignature(good)).missing).toBe(0);
      await expect(addSignature(good)).rejects.toMatchObject({ code: "DUPLICATE_SIGNATURE" });
      await expect(signDelegation(eve.ports, "main", "team")).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
      await expect(signDelegation(ada.ports, "main", "lib")).rejects.toMatchObject({ code: "UNKNOWN_ROLE" });
      await publish();
      const none = delegationSigning(world.ports, "main", "team");
      await expect(none).rejects.toMatchObject({ code: "SIGNING_EVENT_NOT_FOUND" });
    });

    it("of keys that were replaced meanwhile count for nothing", async () => {
      const ada = await addOffline();
      await publish();
      await signDelegation(ada.ports, "main", "team");
      const ben = await elsewhere("ben");
      await changeTrust(world.ports, "main", [
        { change: "add-key", role: "team", keyId: ben.keyId, key: ben.publicKey },
        { change: "remove-key", role: "team", keyId: ada.keyId },
      ]);
      expect((await publish()).awaiting).toEqual(["team"]);
      await expect(signDelegation(ada.ports, "main", "team")).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
      await signDelegation(ben.ports, "main", "team");
      expect((await publish()).awaiting).toEqual([]);
      await world.published();
    });

    it("are asked for anew where what was to be signed is given up, or expired", async () => {
      const ada = await addOffline();
      await publish();
      await cancelDelegationSigning(world.ports, "main", "team");
      await publish();
      expect((await delegationSigning(world.ports, "main", "team")).event.number).toBe(2);
      world.clock.time += 366 * DAY;
      await signDelegation(ada.ports, "main", "team");
      expect((await publish()).awaiting).toEqual(["team"]);
      expect((await delegationSigning(world.ports, "main", "team")).event.number).toBe(3);
    });

    it("are asked for in time, before what they signed expires", async () => {
      const ada = await elsewhere("ada");
      const expiry = { lifetime: 30 * DAY, renewBefore: 10 * DAY };
      await add("team", ["team/*"], { keys: { keys: [ada.publicKey], threshold: 1 }, expiry });
      await publish();
      await signDelegation(ada.ports, "main", "team");
      await publish();
      world.clock.time += 19 * DAY;
      expect((await world.publisher().renew("main")).awaiting).toEqual([]);
      world.clock.time += 2 * DAY;
      expect((await world.publisher().renew("main")).awaiting).toEqual(["team"]);
      await signDelegation(ada.ports, "main", "team");
      expect((await world.publisher().renew("main")).rolesSigned).toContainEqual({ role: "team", metadataVersion: 2 });
    });
  });

  it("are renewed by the machine that holds their keys, with the catch-all", async () => {
    await add("team", ["team/*"], { expiry: { lifetime: 30 * DAY, renewBefore: 10 * DAY } });
    await world.add("team/a");
    await publish();
    for (let days = 0; days < 340; days += 20) {
      world.clock.time += 20 * DAY;
      await world.publisher().renew("main");
      expect(await world.published()).toEqual(hashesOf("team/a"));
    }
  });

  it("have keys that are listed, revoked and replaced as those of all roles", async () => {
    const { keyIds } = await add("team", ["team/*"]);
    await world.add("team/a");
    await publish();
    expect(await listKeys(world.ports, "main")).toContainEqual({
      role: "team",
      threshold: 1,
      keyId: keyIds[0],
      scheme: "ed25519",
      atHand: true,
    });
    const next = await world.ports.keys.generate();
    const replacement = { change: "add-key", role: "team", keyId: next.keyId, key: next.publicKey } as const;
    expect((await revokeKey(world.ports, "main", keyIds[0]!, [replacement])).roles).toEqual(["team"]);
    const { publicKey } = (await world.ports.keys.load(keyIds[0]!))!;
    const back = add("lib", ["lib"], { keys: { keys: [publicKey], threshold: 1 } });
    await expect(back).rejects.toMatchObject({ code: "INVALID_TRUST" });
    await publish();
    expect(await world.published()).toEqual(hashesOf("team/a"));
  });

  it("are pruned and exported anew as bins are", async () => {
    await add("team", ["team/*"]);
    for (const path of ["team/a", "team/b", "team/c"]) {
      await world.add(path);
      await publish();
      world.clock.time += DAY / 2;
    }
    await removeDelegation(world.ports, "main", "team", { withTargets: true });
    await add("lib", ["lib/*"]);
    await world.add("lib/a");
    await publish();
    world.clock.time += 8 * DAY;
    await publish();
    expect(await pruneTufRepository(world.ports, "main", { keepFor: DAY })).toBeGreaterThan(3);
    expect(await world.published()).toEqual(hashesOf("lib/a"));
  });
});
