import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_EXPIRY, type ExpiryPolicy } from "../../domain/tuf/expiry.js";
import type { TufKey } from "../../domain/tuf/key.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { PollingClient } from "../conformance/polling-client.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

const DAY = 24 * 3_600_000;

let world: TufWorld;
beforeEach(async () => {
  world = await makeTufWorld(4, Date.now(), "none");
});
afterEach(() => world.remove());

const file = async (name: string) =>
  JSON.parse(await readFile(join(world.metadata, name), "utf8")) as {
    signed: { expires: string };
    signatures: { keyid: string }[];
  };

describe("online roles with thresholds above one", () => {
  const ROLES = ["root", "targets", "snapshot", "timestamp", "bins"] as const;
  const files = {
    root: "1.root.json",
    targets: "1.targets.json",
    snapshot: "3.snapshot.json",
    timestamp: "timestamp.json",
  };
  const keyIds = new Map<string, readonly string[]>();
  beforeEach(async () => {
    const roles: Record<string, { keys: readonly TufKey[]; threshold: number }> = {};
    for (const role of ROLES) {
      const signers = await Promise.all([1, 2, 3].map(() => world.ports.keys.generate()));
      keyIds.set(
        role,
        signers.map(({ keyId }) => keyId),
      );
      roles[role] = { keys: signers.map(({ publicKey }) => publicKey), threshold: 2 };
    }
    await createTufRepository(world.ports, { name: "main", bins: 4, roles });
  });

  it("are published with as many signatures, each by another key, which clients take", async () => {
    const client = await PollingClient.over(world.metadata);
    for (const path of ["one", "two"]) {
      await world.add(path);
      const { rolesSigned } = await world.publisher().publish("main");
      await client.poll();
      const bin = await file(`${rolesSigned[0]!.metadataVersion}.${rolesSigned[0]!.role}.json`);
      expect(new Set(bin.signatures.map(({ keyid }) => keyid)).size).toBeGreaterThanOrEqual(2);
    }
    expect(await client.stop()).toBe(2);
    expect(await world.published()).toEqual(hashesOf("one", "two"));
    for (const [role, name] of Object.entries(files)) {
      const signers = new Set((await file(name)).signatures.map(({ keyid }) => keyid));
      expect(signers.size, role).toBeGreaterThanOrEqual(2);
      for (const keyId of signers) expect(keyIds.get(role), role).toContain(keyId);
    }
  });

  it.each(["timestamp", "snapshot", "bins"])(
    "go on without a key of %s that they can spare, and stop without two",
    async (role) => {
      const [first, second] = keyIds.get(role)!;
      const lose = (keyId: string) => rm(join(world.metadata, "..", "keys", `${keyId}.pem`));
      await lose(first!);
      await world.add("one");
      await world.publisher().publish("main");
      expect(await world.published()).toEqual(hashesOf("one"));
      await lose(second!);
      await world.add("two");
      await expect(world.publisher().publish("main")).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
      expect(await world.published()).toEqual(hashesOf("one"));
    },
  );
});

describe("expiry policies of one's own", () => {
  const EXPIRY: ExpiryPolicy = {
    root: { lifetime: 1_000 * DAY, renewBefore: 10 * DAY },
    targets: { lifetime: 200 * DAY, renewBefore: 20 * DAY },
    bins: { lifetime: 50 * DAY, renewBefore: 5 * DAY },
    snapshot: { lifetime: 30 * DAY, renewBefore: 3 * DAY },
    timestamp: { lifetime: 4 * DAY, renewBefore: 1 * DAY },
  };
  let began: number;
  beforeEach(async () => {
    began = world.clock.time;
    await createTufRepository(world.ports, { name: "main", bins: 4, expiry: EXPIRY });
  });

  const expires = async (name: string) => Date.parse((await file(name)).signed.expires);
  const after = (role: keyof ExpiryPolicy) => Math.floor((world.clock.time + EXPIRY[role].lifetime) / 1_000) * 1_000;
  const passed = (days: number) => void (world.clock.time = began + days * DAY);

  it("are what every role is signed for", async () => {
    expect(EXPIRY).not.toEqual(DEFAULT_EXPIRY);
    expect(await expires("1.root.json")).toBe(after("root"));
    expect(await expires("1.targets.json")).toBe(after("targets"));
    expect(await expires("1.snapshot.json")).toBe(after("snapshot"));
    expect(await expires("timestamp.json")).toBe(after("timestamp"));
    for (const bin of ["bins-0", "bins-1", "bins-2", "bins-3"]) {
      const left = (await expires(`1.${bin}.json`)) - world.clock.time;
      expect(left).toBeLessThanOrEqual(50 * DAY);
      expect(left).toBeGreaterThan(27 * DAY);
    }
  });

  // One step of a scheduler, with nothing to publish: each by itself, and nothing before its time.
  it("are what every role is renewed by, on a quiet repository too", async () => {
    const renew = () => world.publisher().renew("main");
    passed(2.9);
    expect(await renew()).toMatchObject({ committed: "nothing", rolesSigned: [] });
    passed(3.1);
    expect(await renew()).toMatchObject({ committed: "timestamp", rolesSigned: [], snapshotVersion: 1 });
    expect(await expires("timestamp.json")).toBe(after("timestamp"));
    passed(6);
    expect(await renew()).toMatchObject({ committed: "nothing" });
    passed(27.1);
    // The first bins are due after half of the time until their renewal.
    expect((await renew()).committed).toBe("snapshot");
    expect(await expires("2.snapshot.json")).toBe(after("snapshot"));
    passed(45.1);
    await renew();
    const bins = await world.ports.store.roleStates("main", ["bins-0", "bins-1", "bins-2", "bins-3"]);
    expect(bins.map(({ metadataVersion }) => metadataVersion)).toEqual([2, 2, 2, 2]);
    const targets = async () => (await world.ports.store.roleStates("main", ["targets"]))[0]!.metadataVersion;
    passed(179.9);
    await renew();
    expect(await targets()).toBe(1);
    passed(180.1);
    await renew();
    expect(await targets()).toBe(2);
    expect(await expires("2.targets.json")).toBe(after("targets"));
    await world.published();
  });
});
