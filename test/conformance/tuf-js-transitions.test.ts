import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { join } from "node:path";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import type { PublishPorts } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import { targetOf, type TufWorld } from "../application/tuf-world.js";
import { overridden } from "../support/overridden.js";
import { servedWorld } from "./served-world.js";
import { serve, TufClient } from "./tuf-client.js";

const LONG = 11 * 60_000;

/** More than a transition lies between what is done here: people take their time. */
describe("tuf-js, unmodified, over HTTP, while keys change slowly", () => {
  let world: TufWorld;
  let client: TufClient;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ world, client, remove } = await servedWorld("kept"));
  });
  afterEach(() => remove());

  const keyOf = async (role: string) => (await world.ports.store.repository("main"))!.trust[role]!.keyIds[0]!;
  const rotate = async (role: string) => {
    const changes = replaceKey([role], await keyOf(role), await world.ports.keys.generate());
    if ((await changeTrust(world.ports, "main", changes)) !== undefined) await signRoot(world.ports, "main");
  };
  const publish = async (ports: Partial<PublishPorts> = {}) => {
    const publisher = world.publisher(ports);
    const report = await publisher.publish("main");
    await publisher.recorded("main");
    return report;
  };
  const change = (path: string) => addTargets(world.ports, "main", new Map([[path, targetOf("other")]]));
  const found = async (...paths: string[]) => {
    const updater = await client.refreshed();
    return Promise.all(paths.map(async (path) => (await updater.getTargetInfo(path))?.path));
  };

  it("reads bins below a nested role whose keys wait for people to sign the role above", async () => {
    await addDelegation(world.ports, "main", { role: "outer", paths: ["o/*", "o/*/*"] });
    await addDelegation(world.ports, "main", { role: "inner", paths: ["o/i/*"], below: "outer", bins: 2 });
    const paths = ["o/i/a", "o/i/b", "o/i/c"];
    await world.add(...paths);
    await publish();
    const away = await keyOf("outer");
    const load: PublishPorts["keys"]["load"] = async (id) => (id === away ? undefined : world.ports.keys.load(id));
    const keys = overridden(world.ports.keys, { load });
    await rotate("inner");
    expect(await publish({ keys })).toMatchObject({ awaiting: ["outer"] });
    world.clock.time += LONG;
    for (const path of paths) await change(path);
    expect(await publish({ keys })).toMatchObject({ awaiting: ["outer"] });
    expect(await found(...paths)).toEqual(paths);
  });

  it.each(["timestamp", "bins", "crew"])(
    "follows two changes of the key of %s with no publish between them",
    async (role) => {
      await addDelegation(world.ports, "main", { role: "crew", paths: ["crew/*"], bins: 2 });
      const paths = ["kept", "crew/a", "crew/b"];
      await world.add(...paths);
      await publish();
      await rotate(role);
      world.clock.time += LONG;
      await rotate(role);
      world.clock.time += LONG;
      await change("kept");
      await change("crew/a");
      // All but the roots, as if the exporter ended before them.
      const putAll: PublishPorts["files"]["putAll"] = (phases) =>
        phases.flat().some(({ name }) => name.endsWith(".root.json"))
          ? Promise.reject(new Error("ended"))
          : world.ports.files.putAll(phases);
      const publisher = world.publisher({ files: overridden(world.ports.files, { putAll }) });
      await publisher.publishOnly("main", ["kept", "crew/a"]).catch((error: unknown) => {
        expect([role, String(error)]).toEqual(["timestamp", "Error: ended"]);
      });
      expect(await found(...paths)).toEqual(paths);
      await publish();
      expect(await found(...paths)).toEqual(paths);
    },
  );

  it("finishes what it began with the root before the one that is published late", async () => {
    await rotate("timestamp");
    world.clock.time += LONG;
    let isCaught = false;
    const server = await serve(
      world.metadata,
      () => undefined,
      undefined,
      async (name) => {
        if (name !== "timestamp.json" || isCaught) return;
        isCaught = true; // it has found no second root a moment ago
        await publish();
        await change("kept");
        await publish();
      },
    );
    const caught = await TufClient.trusting(join(world.metadata, "1.root.json"), server.url);
    try {
      const updater = await caught.refreshed();
      expect(isCaught).toBe(true);
      expect((await updater.getTargetInfo("kept"))?.path).toBe("kept");
    } finally {
      await server.close();
      await caught.remove();
    }
  });

  it("asks former keys for no signature once the transition is over", async () => {
    const former = await keyOf("timestamp");
    await rotate("timestamp");
    world.clock.time += LONG;
    await publish();
    const signers = async () => {
      const { timestampVersion } = await publish();
      const [file] = await world.ports.store.files("main", [{ role: "timestamp", metadataVersion: timestampVersion }]);
      return world.ports.codec.decode("timestamp", file!.bytes).signatures.map(({ keyid }) => keyid);
    };
    expect(await signers()).toEqual([await keyOf("timestamp"), former]);
    world.clock.time += LONG;
    await change("kept");
    expect(await signers()).toEqual([await keyOf("timestamp")]);
    expect(await found("kept")).toEqual(["kept"]);
  });
});
