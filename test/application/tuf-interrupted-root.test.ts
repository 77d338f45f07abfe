import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import type { RootedRole } from "../../domain/tuf/trust.js";
import type { TrustStore } from "../../domain/tuf/trust-store.js";
import { addRootSignature } from "../../src/application/tuf/trust/add-root-signature.js";
import { proposeRoot } from "../../src/application/tuf/trust/propose-root.js";
import { signatureOf } from "../../src/application/tuf/trust/role-signing.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import { signingStatus } from "../../src/application/tuf/trust/signing-status.js";
import { makeTufWorld, type TufWorld } from "./tuf-world.js";

describe("changes of root that others interrupt", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
  });
  afterEach(() => world.remove());

  const keysOf = async (role: RootedRole) => (await world.ports.store.repository("main"))!.trust[role].keyIds;
  const replacing = async (role: RootedRole) => {
    const [former] = await keysOf(role);
    return { changes: replaceKey([role], former!, await world.ports.keys.generate()) };
  };

  /** The same trust, with other things happening before or instead of some calls. */
  const interrupted = (calls: Partial<TrustStore>) => {
    const { trust } = world.ports;
    const get = (_: TrustStore, name: keyof TrustStore): unknown => calls[name] ?? trust[name].bind(trust);
    return { ...world.ports, trust: new Proxy(trust, { get: get as never }) };
  };

  it.each(["signs again", "submits a signature again"])(
    "a signer that ended after the last signature is made up for by one who %s",
    async (who) => {
      await proposeRoot(world.ports, "main", await replacing("timestamp"));
      const crashing = interrupted({ commitRoot: () => Promise.reject(new Error("crashed")) });
      await expect(signRoot(crashing, "main")).rejects.toThrow("crashed");
      const { event } = await signingStatus(world.ports, "main");
      expect(event.signatures).toHaveLength(1);
      if (who === "signs again") {
        expect(await signRoot(world.ports, "main")).toMatchObject({ signedWith: [], status: { event: { number: 1 } } });
      } else {
        const signer = (await world.ports.keys.load((await keysOf("root"))[0]!))!;
        const again = addRootSignature(world.ports, "main", 1, await signatureOf(signer, event.payload));
        await expect(again).rejects.toMatchObject({ code: "DUPLICATE_SIGNATURE" });
      }
      expect((await signingStatus(world.ports, "main", 1)).event.state).toBe("finalised");
      expect(await world.publisher().publish("main")).toMatchObject({ filesWritten: expect.arrayContaining(["2.root.json"]) as string[] }); // prettier-ignore
    },
  );

  it("a proposal for a version that was taken meanwhile is refused, and blocks no other", async () => {
    const proposal = await replacing("timestamp");
    const { trust } = world.ports;
    const late = interrupted({
      openEvent: async (repository, event) => {
        await proposeRoot(world.ports, "main", await replacing("snapshot"));
        await signRoot(world.ports, "main");
        return trust.openEvent(repository, event);
      },
    });
    await expect(proposeRoot(late, "main", proposal)).rejects.toMatchObject({ code: "PUBLISH_CONTENDED" });
    await proposeRoot(world.ports, "main", proposal);
    expect((await signRoot(world.ports, "main")).status.event).toMatchObject({
      state: "finalised",
      metadataVersion: 3,
    });
  });

  it("a proposal that read the trust before another root took effect does not take that back", async () => {
    const proposal = await replacing("timestamp");
    const before = await keysOf("snapshot");
    let reads = 0;
    const store = Object.create(world.ports.store) as typeof world.ports.store;
    store.repository = async (name) => {
      const repository = await world.ports.store.repository(name);
      if (++reads > 1) return repository;
      await proposeRoot(world.ports, "main", await replacing("snapshot"));
      await signRoot(world.ports, "main");
      return repository;
    };
    await expect(proposeRoot({ ...world.ports, store }, "main", proposal)).rejects.toMatchObject({
      code: "PUBLISH_CONTENDED",
    });
    await proposeRoot(world.ports, "main", proposal);
    await signRoot(world.ports, "main");
    expect(await keysOf("snapshot")).not.toEqual(before);
  });
});
