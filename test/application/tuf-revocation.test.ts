import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TrustChange } from "../../domain/tuf/trust-change.js";
import type { TrustedRole } from "../../domain/tuf/trust.js";
import type { RoleState } from "../../domain/tuf/tuf-store.js";
import type { Signer } from "../../domain/tuf/signer.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { proposeRoot } from "../../src/application/tuf/trust/propose-root.js";
import { revokeKey, rolesOf } from "../../src/application/tuf/trust/revoke-key.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import { Fuse } from "./fuse.js";
import { makeTufWorld, type TufWorld } from "./tuf-world.js";

const code = (name: string): unknown => expect.objectContaining({ code: name });
const add = <R extends TrustedRole>(role: R, { keyId, publicKey }: Signer): TrustChange<R> => ({
  change: "add-key",
  role,
  keyId,
  key: publicKey,
});

let world: TufWorld;
beforeEach(async () => {
  world = await makeTufWorld();
});
afterEach(() => world.remove());

const newestTargets = async () => {
  const [{ metadataVersion }] = (await world.ports.store.roleStates("main", ["targets"])) as [RoleState];
  const bytes = await readFile(join(world.metadata, `${metadataVersion}.targets.json`));
  return world.ports.codec.decode("targets", bytes);
};
const config = async () => (await world.ports.store.repository("main"))!;

describe("revocation", () => {
  it("takes a key out of every role and never lets it back", async () => {
    const [timestamp] = (await config()).trust.timestamp.keyIds;
    await expect(revokeKey(world.ports, "main", timestamp!)).rejects.toEqual(code("INVALID_TRUST"));
    const made = await world.ports.keys.generate();
    const { roles, proposed } = await revokeKey(world.ports, "main", timestamp!, [add("timestamp", made)]);
    expect(roles).toEqual(["timestamp"]);
    expect(proposed?.root.keys).not.toHaveProperty(timestamp!);
    await signRoot(world.ports, "main");
    await world.publisher().publish("main");
    await world.published();
    const back = {
      change: "add-key",
      role: "snapshot",
      keyId: timestamp!,
      key: (await config()).keys[timestamp!],
    } as never;
    await expect(proposeRoot(world.ports, "main", { changes: [back] })).rejects.toEqual(code("INVALID_TRUST"));
    await expect(revokeKey(world.ports, "main", "none")).rejects.toEqual(code("INVALID_TRUST"));
  });

  it.each(["before", "after"] as const)("cut off %s any step is completed by the same call", async (when) => {
    let isOver = false;
    for (let calls = 1; !isOver; calls++) {
      const { ports } = world;
      const shared = await ports.keys.generate();
      await changeTrust(ports, "main", [add("timestamp", shared), add("bins", shared)]);
      await signRoot(ports, "main");
      await world.publisher().publish("main");
      const fuse = new Fuse(calls, when);
      const doomed = { ...ports, trust: fuse.guard(ports.trust), store: fuse.guard(ports.store) };
      await revokeKey(doomed, "main", shared.keyId).catch((error: unknown) => {
        expect(String(error)).toContain("crashed");
      });
      isOver = !fuse.blown;
      const halfway = (await ports.store.repository("main"))!.trust;
      const revoked = await ports.trust.revokedKeys("main");
      // In no state can the key have gone from a role and still come back.
      if (!rolesOf(halfway, shared.keyId).includes("bins")) expect(revoked).toContain(shared.keyId);
      await revokeKey(ports, "main", shared.keyId);
      await signRoot(ports, "main");
      await world.publisher().publish("main");
      const { trust } = (await ports.store.repository("main"))!;
      expect(rolesOf(trust, shared.keyId)).toEqual([]);
      expect(await ports.trust.revokedKeys("main")).toContain(shared.keyId);
      expect((await revokeKey(ports, "main", shared.keyId)).roles).toEqual([]);
      await world.published();
    }
  });

  it("changes nothing while a root that keeps the key awaits signatures", async () => {
    const [timestamp] = (await config()).trust.timestamp.keyIds;
    await proposeRoot(world.ports, "main");
    const made = await world.ports.keys.generate();
    await expect(revokeKey(world.ports, "main", timestamp!, [add("timestamp", made)])).rejects.toEqual(
      code("SIGNING_EVENT_OPEN"),
    );
    expect(await world.ports.trust.revokedKeys("main")).toEqual(new Set());
  });

  it("of the bins' key takes effect at once", async () => {
    const [former] = (await config()).trust.bins.keyIds;
    const made = await world.ports.keys.generate();
    const replacement = { change: "add-key", role: "bins", keyId: made.keyId, key: made.publicKey } as const;
    expect((await revokeKey(world.ports, "main", former!, [replacement])).proposed).toBeUndefined();
    await world.publisher().publish("main");
    await world.published();
    expect((await config()).trust.bins.keyIds).toEqual([made.keyId]);
    const { delegations } = (await newestTargets()).signed;
    expect(Object.keys(delegations?.keys ?? {})).toEqual([made.keyId]);
    expect(delegations?.succinct_roles?.keyids).toEqual([made.keyId]);
  });
});
