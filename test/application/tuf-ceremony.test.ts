import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replaceKey, type TrustChange } from "../../domain/tuf/trust-change.js";
import type { RootedRole } from "../../domain/tuf/trust.js";
import type { JsonObject } from "../../domain/tuf/json.js";
import type { TufStore } from "../../domain/tuf/tuf-store.js";
import type { Signer } from "../../domain/tuf/signer.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { addRootSignature } from "../../src/application/tuf/trust/add-root-signature.js";
import { beginRootCeremony } from "../../src/application/tuf/creation/begin-root-ceremony.js";
import { cancelSigningEvent } from "../../src/application/tuf/trust/cancel-signing-event.js";
import { changeBinsTrust } from "../../src/application/tuf/trust/change-bins-trust.js";
import { installRoot } from "../../src/application/tuf/trust/install-root.js";
import { proposeRoot } from "../../src/application/tuf/trust/propose-root.js";
import { signatureOf } from "../../src/application/tuf/trust/role-signing.js";
import { signingStatus } from "../../src/application/tuf/trust/signing-status.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

const code = (name: string): unknown => expect.objectContaining({ code: name });
const add = (role: RootedRole, { keyId, publicKey }: Signer): TrustChange<RootedRole> => ({
  change: "add-key",
  role,
  keyId,
  key: publicKey,
});

/** Each person keeps a key in a directory of their own. */
class People {
  private constructor(
    private readonly directory: string,
    private readonly world: TufWorld,
  ) {}

  static async with(world: TufWorld): Promise<People> {
    return new People(await mkdtemp(join(tmpdir(), "distinction-people-")), world);
  }

  keys(name: string): KeyFiles {
    return new KeyFiles(join(this.directory, name), this.world.ports.codec, { passphrase: `secret of ${name}` });
  }

  key(name: string): Promise<Signer> {
    return this.keys(name).generate("ecdsa-sha2-nistp256");
  }

  sign(name: string, repository = "main") {
    return signRoot({ ...this.world.ports, keys: this.keys(name) }, repository);
  }

  leave(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }
}

let world: TufWorld;
let people: People;
beforeEach(async () => {
  world = await makeTufWorld();
  people = await People.with(world);
});
afterEach(async () => {
  await people.leave();
  await world.remove();
});

const parsed = (bytes: Uint8Array): JsonObject => JSON.parse(Buffer.from(bytes).toString()) as JsonObject;
const published = async (name: string) => {
  const bytes = await world.ports.files.read(name);
  return bytes && (parsed(bytes) as { signed: JsonObject; signatures: { keyid: string }[] });
};
const publishedRoot = () => published("2.root.json");
const config = async () => (await world.ports.store.repository("main"))!;

describe("the root ceremony", () => {
  const names = ["ann", "ben", "cem", "dea", "eve"];
  let fresh: TufWorld;
  let signers: Signer[];
  beforeEach(async () => {
    fresh = await makeTufWorld(4, undefined, "none");
    signers = await Promise.all(names.map((name) => people.key(name)));
  });
  afterEach(() => fresh.remove());
  const begin = () =>
    beginRootCeremony(fresh.ports, {
      name: "main",
      bins: 4,
      roles: { root: { keys: signers.map(({ publicKey }) => publicKey), threshold: 3 } },
    });
  const sign = (name: string) => signRoot({ ...fresh.ports, keys: people.keys(name) }, "main");

  it("publishes nothing until enough have signed, and then all that was accepted", async () => {
    expect(await begin()).toMatchObject({
      event: { number: 1, state: "open" },
      progress: [{ threshold: 3, missing: 3 }],
    });
    await fresh.add("early");
    await expect(fresh.publisher().publish("main")).rejects.toEqual(code("ROOT_UNSIGNED"));
    expect(await fresh.ports.files.read("timestamp.json")).toBeUndefined();
    await sign("ann");
    const { status } = await sign("ben");
    expect(status.progress).toMatchObject([
      { missing: 1, signed: expect.arrayContaining([signers[0]!.keyId]) as string[] },
    ]);
    expect((await sign("eve")).status.event.state).toBe("finalised");
    await fresh.publisher().publish("main");
    expect(await fresh.published()).toEqual(hashesOf("early"));
    await expect(sign("dea")).rejects.toEqual(code("SIGNING_EVENT_NOT_FOUND"));
  });

  it("takes the signatures of all who sign at the same time, and is finalised once", async () => {
    const { event } = await begin();
    const outcomes = await Promise.allSettled(
      signers.map(async (signer) =>
        addRootSignature(fresh.ports, "main", event.number, await signatureOf(signer, event.payload)),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBe(5);
    const { event: after } = await signingStatus(fresh.ports, "main", event.number);
    expect(after).toMatchObject({ state: "finalised", signatures: { length: 5 } });
    expect((await fresh.ports.store.roleStates("main", ["root"]))[0]?.metadataVersion).toBe(1);
  });

  it("refuses keys that cannot reach the threshold, and a repository that is there", async () => {
    const keys = signers.slice(0, 2).map(({ publicKey }) => publicKey);
    const request = { name: "main", bins: 4, roles: { root: { keys, threshold: 3 } } };
    await expect(beginRootCeremony(fresh.ports, request)).rejects.toEqual(code("INVALID_TRUST"));
    const twice = { ...request, roles: { root: { keys: [keys[0]!, keys[0]!], threshold: 2 } } };
    await expect(beginRootCeremony(fresh.ports, twice)).rejects.toEqual(code("INVALID_TRUST"));
    await begin();
    await expect(begin()).rejects.toEqual(code("REPOSITORY_EXISTS"));
  });
});

describe("root rotation", () => {
  it("asks for the old and the new threshold, and takes effect with the next publish", async () => {
    const [ann, ben] = [await people.key("ann"), await people.key("ben")];
    const [former] = (await config()).trust.root.keyIds;
    const status = await proposeRoot(world.ports, "main", {
      changes: [
        ...replaceKey(["root"], former!, ann),
        add("root", ben),
        { change: "set-threshold", role: "root", threshold: 2 },
      ],
    });
    expect(status.progress).toMatchObject([
      { rootVersion: 1, threshold: 1, missing: 1 },
      { rootVersion: 2, threshold: 2, missing: 2 },
    ]);
    await people.sign("ann");
    expect((await people.sign("ben")).status.event.state).toBe("open");
    expect((await signRoot(world.ports, "main")).status.event.state).toBe("finalised");
    expect(await publishedRoot())?.toBeUndefined();
    expect((await world.publisher().publish("main")).filesWritten).toEqual(["2.root.json"]);
    expect((await publishedRoot())?.signatures).toHaveLength(3);
    await world.published();
  });

  it("renews a root with the trust that there is", async () => {
    await proposeRoot(world.ports, "main");
    await signRoot(world.ports, "main");
    await world.publisher().publish("main");
    await world.published();
  });

  it("refuses what may not be", async () => {
    const stranger = await people.key("stranger");
    const [root] = (await config()).trust.root.keyIds;
    const propose = (...changes: TrustChange<RootedRole>[]) => proposeRoot(world.ports, "main", { changes });
    await expect(propose({ change: "set-threshold", role: "root", threshold: 2 })).rejects.toEqual(
      code("INVALID_TRUST"),
    );
    await expect(propose({ change: "set-threshold", role: "root", threshold: 0 })).rejects.toEqual(
      code("INVALID_TRUST"),
    );
    await expect(propose({ change: "remove-key", role: "root", keyId: root! })).rejects.toEqual(code("INVALID_TRUST"));
    await expect(propose({ change: "remove-key", role: "root", keyId: "none" })).rejects.toEqual(code("INVALID_TRUST"));
    await expect(propose({ ...add("root", stranger), role: "bins" as never })).rejects.toEqual(code("INVALID_TRUST"));
    await expect(proposeRoot(world.ports, "main", { expires: world.clock.now() })).rejects.toEqual(
      code("ROOT_EXPIRED"),
    );
    await expect(proposeRoot(world.ports, "none")).rejects.toEqual(code("REPOSITORY_NOT_FOUND"));

    const { event } = await propose(add("snapshot", stranger));
    await expect(propose()).rejects.toEqual(code("SIGNING_EVENT_OPEN"));
    const submit = async (signature: { keyid: string; sig: string }, number = event.number) =>
      addRootSignature(world.ports, "main", number, signature);
    const signature = await signatureOf((await world.ports.keys.load(root!))!, event.payload);
    // The stranger's key is in the new root, but speaks for the snapshot only.
    await expect(submit(await signatureOf(stranger, event.payload))).rejects.toEqual(code("KEY_NOT_AUTHORIZED"));
    await expect(submit({ ...signature, keyid: "\u001b[2J" })).rejects.toEqual(code("KEY_NOT_AUTHORIZED"));
    await expect(submit({ ...signature, sig: "00" })).rejects.toEqual(code("INVALID_SIGNATURE"));
    await expect(submit({ ...signature, sig: "zz" })).rejects.toEqual(code("INVALID_SIGNATURE"));
    await expect(submit(signature, 7)).rejects.toEqual(code("SIGNING_EVENT_NOT_FOUND"));
    await submit(signature);
    await expect(submit(signature)).rejects.toEqual(code("DUPLICATE_SIGNATURE"));
    await expect(people.sign("stranger")).rejects.toEqual(code("SIGNING_EVENT_NOT_FOUND"));
  });

  it("refuses to sign what has expired meanwhile, and can be given up", async () => {
    const { event } = await proposeRoot(world.ports, "main", { expires: world.clock.now() + 5_000 });
    world.clock.time += 5_000;
    await expect(signRoot(world.ports, "main")).rejects.toEqual(code("ROOT_EXPIRED"));
    await cancelSigningEvent(world.ports, "main", event.number);
    await expect(cancelSigningEvent(world.ports, "main", event.number)).rejects.toEqual(code("SIGNING_EVENT_CLOSED"));
    const [root] = (await config()).trust.root.keyIds;
    const signature = await signatureOf((await world.ports.keys.load(root!))!, event.payload);
    const late = addRootSignature(world.ports, "main", event.number, signature);
    await expect(late).rejects.toEqual(code("SIGNING_EVENT_CLOSED"));
  });

  it("takes over a root that others made, and no other than the next", async () => {
    const { event } = await proposeRoot(world.ports, "main");
    const { codec } = world.ports;
    const [root] = (await config()).trust.root.keyIds;
    const signer = (await world.ports.keys.load(root!))!;
    const stranger = await people.key("stranger");
    const next = { ...parsed(event.payload), "x-note": "kept" };
    const made = async (changes: JsonObject, by = signer) => {
      const canonical = codec.canonical({ ...next, ...changes });
      return codec.file(canonical, [await signatureOf(by, canonical)]);
    };
    const install = async (changes: JsonObject, by?: Signer) =>
      installRoot(world.ports, "main", await made(changes, by));
    await expect(install({ version: 3 })).rejects.toEqual(code("ROOT_OUT_OF_ORDER"));
    await expect(install({ version: 1 })).rejects.toEqual(code("ROOT_OUT_OF_ORDER"));
    await expect(install({ expires: "2025-12-31T00:00:00Z" })).rejects.toEqual(code("ROOT_EXPIRED"));
    await expect(install({}, stranger)).rejects.toEqual(code("THRESHOLD_NOT_MET"));
    await expect(install({ consistent_snapshot: false })).rejects.toEqual(code("INVALID_METADATA"));
    await expect(installRoot(world.ports, "main", Buffer.from("{}"))).rejects.toEqual(code("INVALID_METADATA"));
    expect(await install({})).toBe(2);
    expect((await signingStatus(world.ports, "main", event.number)).event.state).toBe("cancelled");
    await world.publisher().publish("main");
    expect((await publishedRoot())?.signed["x-note"]).toBe("kept");
    await world.published();
    await proposeRoot(world.ports, "main");
    expect((await signRoot(world.ports, "main")).status.root).toMatchObject({ version: 3, "x-note": "kept" });
  });
});

describe("rotation of online keys", () => {
  const rotate = async (...roles: RootedRole[]) => {
    const made = await world.ports.keys.generate();
    const { trust } = await config();
    const changes = roles.flatMap((role) => replaceKey([role], trust[role].keyIds[0]!, made));
    await proposeRoot(world.ports, "main", { changes });
    await signRoot(world.ports, "main");
    return made.keyId;
  };

  it.each([[["timestamp"]], [["snapshot"]], [["targets"]], [["targets", "snapshot", "timestamp"]]] as const)(
    "of %s signs anew, and publishes root last",
    async (roles) => {
      await world.add("kept");
      await world.publisher().publish("main");
      await rotate(...roles);
      const { filesWritten } = await world.publisher().publish("main");
      expect(filesWritten.at(-1)).toBe("2.root.json");
      expect(filesWritten).toContain("3.snapshot.json");
      expect(await world.published()).toEqual(hashesOf("kept"));
      expect((await world.publisher().publish("main")).committed).toBe("nothing");
    },
  );

  it("signs with both keys until everybody can know of the change, then with the new one", async () => {
    const [former] = (await config()).trust.timestamp.keyIds;
    const made = await rotate("timestamp");
    const keysOf = async () => {
      const file = await published("timestamp.json");
      return file?.signatures.map(({ keyid }) => keyid);
    };
    await world.publisher().publish("main");
    expect(await keysOf()).toEqual([made, former]);
    world.clock.time += 24 * 3_600_000;
    await world.publisher().publish("main");
    expect(await keysOf()).toEqual([made]);
    await world.published();
  });

  it("needs the new key where it publishes, and does without the old", async () => {
    const [former] = (await config()).trust.timestamp.keyIds;
    const made = await rotate("timestamp");
    const without = (lost: string) => ({
      load: async (keyId: string) => (keyId === lost ? undefined : world.ports.keys.load(keyId)),
    });
    const failing = world.publisher({ keys: without(made) }).publish("main");
    await expect(failing).rejects.toEqual(code("KEY_NOT_FOUND"));
    expect(await publishedRoot())?.toBeUndefined();
    await world.publisher({ keys: without(former!) }).publish("main");
    await world.published();
  });
});

describe("rotation of the bins' key", () => {
  const rotate = async () => {
    const made = await world.ports.keys.generate("ecdsa-sha2-nistp256");
    const [former] = (await config()).trust.bins.keyIds;
    expect(await changeBinsTrust(world.ports, "main", replaceKey(["bins"], former!, made))).toBe(true);
    return { made: made.keyId, former: former! };
  };

  it("signs every bin, then targets, then one snapshot", async () => {
    await world.add("kept");
    await world.publisher().publish("main");
    const { former } = await rotate();
    const { rolesSigned, snapshotVersion } = await world.publisher().publish("main");
    expect(rolesSigned.map(({ role }) => role).sort()).toEqual(["bins-0", "bins-1", "bins-2", "bins-3", "targets"]);
    expect(rolesSigned.at(-1)?.role).toBe("targets");
    expect(snapshotVersion).toBe(3);
    expect(await world.published()).toEqual(hashesOf("kept"));
    const targets = Buffer.from((await world.ports.files.read("2.targets.json"))!).toString();
    expect(targets).not.toContain(former);
  });

  it("leaves targets alone while a bin could not be signed", async () => {
    await rotate();
    const store = new Proxy(world.ports.store, {
      get: (target, name) =>
        name === "commitSignedRoles"
          ? (...parameters: Parameters<TufStore["commitSignedRoles"]>) => {
              if (parameters[1].some(({ file }) => file.role === "bins-2")) throw new Error("disk full");
              return target.commitSignedRoles(...parameters);
            }
          : (Reflect.get(target, name) as unknown),
    });
    await expect(world.publisher({ store }).publish("main")).rejects.toThrow("disk full");
    expect((await world.ports.store.roleStates("main", ["targets"]))[0]?.metadataVersion).toBe(1);
    await world.published();
    await world.publisher().publish("main");
    expect((await world.ports.store.roleStates("main", ["targets"]))[0]?.metadataVersion).toBe(2);
    await world.published();
  });
});
