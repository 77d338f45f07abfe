import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TufError } from "../../domain/tuf/errors.js";
import type { SignerSource } from "../../domain/tuf/key-store.js";
import type { Signer } from "../../domain/tuf/signer.js";
import { TRUSTED_ROLES, type TrustedRole } from "../../domain/tuf/trust.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { signDelegation } from "../../src/application/tuf/delegations/delegation-signing.js";
import { UnsignedRolesError } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { changeBinsTrust } from "../../src/application/tuf/trust/change-bins-trust.js";
import { listKeys } from "../../src/application/tuf/trust/list-keys.js";
import { proposeRoot } from "../../src/application/tuf/trust/propose-root.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

const DAY = 24 * 3_600_000;

type Step = "load" | "sign";

/** Signers of which some are down: nobody tells of their keys, or nobody signs with them. */
class PartlyDown implements SignerSource {
  readonly down = new Map<string, Step>();
  /** How often each key was to be loaded, or to sign, and was not. */
  readonly refused = new Map<string, number>();

  constructor(private readonly keys: SignerSource) {}

  async load(keyId: string): Promise<Signer | undefined> {
    this.#refuse(keyId, "load");
    const signer = await this.keys.load(keyId);
    if (signer === undefined) return undefined;
    const sign = async (bytes: Uint8Array): Promise<Uint8Array> => {
      this.#refuse(keyId, "sign");
      return signer.sign(bytes);
    };
    return { keyId, publicKey: signer.publicKey, sign };
  }

  #refuse(keyId: string, step: Step): void {
    if (this.down.get(keyId) !== step) return;
    this.refused.set(keyId, (this.refused.get(keyId) ?? 0) + 1);
    throw new TufError("SIGNER_UNAVAILABLE", "the vault is sealed");
  }
}

let world: TufWorld;
let keys: PartlyDown;
beforeEach(async () => {
  world = await makeTufWorld(4, Date.now(), "none");
  keys = new PartlyDown(world.ports.keys);
  const roles: Partial<Record<TrustedRole, { keys: readonly Signer["publicKey"][]; threshold: number }>> = {};
  for (const role of TRUSTED_ROLES) {
    const signers = await Promise.all([1, 2].map(() => world.ports.keys.generate()));
    roles[role] = { keys: signers.map(({ publicKey }) => publicKey), threshold: 1 };
  }
  await createTufRepository(world.ports, { name: "main", bins: 4, roles });
});
afterEach(() => world.remove());

const publisher = () => world.publisher({ keys });
const keysOf = async (role: string): Promise<readonly string[]> =>
  (await world.ports.store.repository("main"))!.trust[role]!.keyIds;
const sealed = (...keyIds: string[]) =>
  keyIds.map((keyId) => ({ keyId, code: "SIGNER_UNAVAILABLE", reason: "the vault is sealed" }));
const signersOf = async (name: string): Promise<readonly string[]> => {
  const { signatures } = JSON.parse(await readFile(join(world.metadata, name), "utf8")) as {
    signatures: { keyid: string }[];
  };
  return signatures.map(({ keyid }) => keyid);
};

describe("a role that one of two keys must sign", () => {
  const cases = (["timestamp", "snapshot", "bins"] as const).flatMap((role) =>
    (["load", "sign"] as const).map((step) => [role, step] as const),
  );

  it.each(cases)("%s: is signed by the second where the first does not %s, which is told", async (role, step) => {
    const [first, second] = await keysOf(role);
    keys.down.set(first!, step);
    const service = publisher();
    await world.add("one");
    const report = await service.publish("main");
    expect(report).toMatchObject({ committed: "snapshot", keyFailures: sealed(first!) });
    expect(await world.published()).toEqual(hashesOf("one"));
    const file = { timestamp: "timestamp.json", snapshot: "2.snapshot.json", bins: undefined }[role];
    const ofBin = `2.${report.rolesSigned[0]!.role}.json`;
    expect(await signersOf(file ?? ofBin)).toEqual([second]);

    // Its signer is asked again by the next publish of the same process.
    keys.down.clear();
    await world.add("two");
    expect(await service.publish("main")).toMatchObject({ keyFailures: [] });
    expect(await signersOf("timestamp.json")).toEqual([(await keysOf("timestamp"))[0]]);
  });

  it.each(cases)("%s: is not signed where neither does %s; the error tells of both", async (role, step) => {
    const both = await keysOf(role);
    for (const keyId of both) keys.down.set(keyId, step);
    await world.add("one");
    const failed: unknown = await publisher()
      .publish("main")
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "SIGNER_UNAVAILABLE" });
    const { message } = failed as Error;
    for (const keyId of both) expect(message).toContain(`key ${keyId}: the vault is sealed`);
    keys.down.clear();
    await publisher().publish("main");
    expect(await world.published()).toEqual(hashesOf("one"));
  });

  it("is not signed where the first fails and the second is not here; why is told", async () => {
    const [first, second] = await keysOf("timestamp");
    keys.down.set(first!, "sign");
    const load = async (keyId: string) => (keyId === second ? undefined : keys.load(keyId));
    await world.add("one");
    await expect(world.publisher({ keys: { load } }).publish("main")).rejects.toMatchObject({
      code: "SIGNER_UNAVAILABLE",
      message: `timestamp asks for 1 of its keys, 0 at hand; key ${first}: the vault is sealed`,
    });
  });

  // Each time it could take as long as a signer has to answer.
  it("does not wait again, within one run, for a signer that failed", async () => {
    const [first] = await keysOf("bins");
    keys.down.set(first!, "sign");
    world.clock.time += 85 * DAY;
    const { rolesSigned, keyFailures } = await publisher().renew("main");
    expect(rolesSigned).toHaveLength(4);
    expect(keyFailures).toEqual(sealed(first!));
    expect(keys.refused.get(first!)).toBe(1);
  });

  it("is signed by all others while its trust changes", async () => {
    const [first, second] = await keysOf("bins");
    const third = await world.ports.keys.generate();
    const change = { change: "add-key", role: "bins", keyId: third.keyId, key: third.publicKey } as const;
    await changeBinsTrust(world.ports, "main", [change]);
    keys.down.set(first!, "sign");
    expect((await publisher().publish("main")).keyFailures).toEqual(sealed(first!));
    expect(new Set(await signersOf("2.bins-0.json"))).toEqual(new Set([second, third.keyId]));
    expect(await world.published()).toEqual(new Map());
  });

  it("is signed by the second where the signer's own error has no code of ours", async () => {
    const [first] = await keysOf("timestamp");
    const load = async (keyId: string) => {
      if (keyId === first) throw new Error("EACCES: permission denied");
      return world.ports.keys.load(keyId);
    };
    await world.add("one");
    const { keyFailures } = await world.publisher({ keys: { load } }).publish("main");
    expect(keyFailures).toEqual([{ keyId: first, code: "SIGNER_UNAVAILABLE", reason: "EACCES: permission denied" }]);
  });
});

describe("people who sign", () => {
  it("sign root with the keys that can, and are told of the others", async () => {
    const [first, second] = await keysOf("root");
    await proposeRoot(world.ports, "main", {});
    keys.down.set(first!, "sign");
    expect(await signRoot({ ...world.ports, keys }, "main")).toMatchObject({
      status: { event: { state: "finalised" } },
      signedWith: [second],
      keyFailures: sealed(first!),
    });
    await proposeRoot(world.ports, "main", {});
    keys.down.set(second!, "load");
    await expect(signRoot({ ...world.ports, keys }, "main")).rejects.toMatchObject({ code: "SIGNER_UNAVAILABLE" });
  });

  it("sign a custom role with the keys that can, and are told of the others", async () => {
    const signers = await Promise.all([1, 2].map(() => world.ports.keys.generate()));
    const team = { keys: signers.map(({ publicKey }) => publicKey), threshold: 2 };
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"], keys: team });
    const [first, second] = await keysOf("team");
    const elsewhere = {
      load: async (keyId: string) => ([first, second].includes(keyId) ? undefined : keys.load(keyId)),
    };
    expect((await world.publisher({ keys: elsewhere }).publish("main")).awaiting).toEqual(["team"]);
    keys.down.set(first!, "load");
    const { signing, signedWith, keyFailures } = await signDelegation({ ...world.ports, keys }, "main", "team");
    expect([signing.missing, signedWith, keyFailures]).toEqual([1, [second], sealed(first!)]);
  });

  it("see in the list of keys which of them cannot be had, and why", async () => {
    const [first, second] = await keysOf("snapshot");
    keys.down.set(first!, "load");
    const listed = await listKeys({ ...world.ports, keys }, "main");
    expect(listed).toHaveLength(10);
    expect(listed.filter(({ role }) => role === "snapshot")).toMatchObject([
      { keyId: first, atHand: false, failure: sealed(first!)[0] },
      { keyId: second, atHand: true },
    ]);
    expect(listed.filter(({ failure }) => failure !== undefined)).toHaveLength(1);
  });
});

describe("roles that could not be signed", () => {
  const failedPublish = async (): Promise<UnsignedRolesError> => {
    const failed: unknown = await publisher()
      .publish("main")
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UnsignedRolesError);
    return failed as UnsignedRolesError;
  };

  beforeEach(async () => {
    for (const role of ["team", "crew"]) {
      await addDelegation(world.ports, "main", { role, paths: [`${role}/*`] });
    }
  });

  it.each(["new", "published before"])("are counted once each, however often they were tried: %s", async (state) => {
    if (state !== "new") {
      await world.publisher().publish("main");
      await world.add("team/a", "crew/a");
    }
    const [[team], [crew]] = [await keysOf("team"), await keysOf("crew")];
    keys.down.set(team!, "sign");
    const one = await failedPublish();
    expect(one.failures).toHaveLength(1);
    expect(one.message).toMatch(/^team asks for 1 of its keys, 0 at hand; key [0-9a-f]{64}: the vault is sealed$/);
    await world.add("team/b", "crew/b");
    keys.down.set(crew!, "sign");
    const two = await failedPublish();
    expect(two.failures).toHaveLength(2);
    expect(two.message).toMatch(/^2 roles could not be signed; one of them: /);
  });

  it("are not told where a second try of the same publish signed them", async () => {
    const [team] = await keysOf("team");
    keys.down.set(team!, "sign");
    const load = async (keyId: string) => {
      const signer = await keys.load(keyId);
      if (signer === undefined) return undefined;
      const sign = (bytes: Uint8Array) => signer.sign(bytes).finally(() => keys.down.delete(keyId));
      return { ...signer, sign };
    };
    const { rolesSigned, keyFailures } = await world.publisher({ keys: { load } }).publish("main");
    expect(rolesSigned).toContainEqual({ role: "team", metadataVersion: 1 });
    expect(keyFailures).toEqual(sealed(team!));
  });
});
