import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KEY_TYPES, type KeyScheme } from "../../domain/tuf/key.js";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import { ROOTED_ROLES, type RootedRole, TRANSITION } from "../../domain/tuf/trust.js";
import { changeBinsTrust } from "../../src/application/tuf/trust/change-bins-trust.js";
import { proposeRoot } from "../../src/application/tuf/trust/propose-root.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import type { TufWorld } from "../application/tuf-world.js";
import { crashedPublish } from "./crashed-publish.js";
import { servedWorld } from "./served-world.js";
import { type TestServer, TufClient } from "./tuf-client.js";

const SCHEMES = Object.keys(KEY_TYPES) as KeyScheme[];

describe("tuf-js, unmodified, over HTTP, while keys change", () => {
  let world: TufWorld;
  let server: TestServer;
  let client: TufClient;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ world, server, client, remove } = await servedWorld("kept"));
    expect(await client.download("kept")).toEqual(["kept"]);
  });
  afterEach(() => remove());

  const rotate = async (roles: readonly RootedRole[], scheme: KeyScheme = "ed25519") => {
    const made = await world.ports.keys.generate(scheme);
    const { trust } = (await world.ports.store.repository("main"))!;
    const changes = roles.flatMap((role) => replaceKey([role], trust[role].keyIds[0]!, made));
    await proposeRoot(world.ports, "main", { changes });
    await signRoot(world.ports, "main");
  };
  const rotateBins = async (scheme: KeyScheme = "ed25519") => {
    const made = await world.ports.keys.generate(scheme);
    const { trust } = (await world.ports.store.repository("main"))!;
    await changeBinsTrust(world.ports, "main", replaceKey(["bins"], trust.bins.keyIds[0]!, made));
  };

  it.each(SCHEMES)("accepts every role under %s", async (scheme) => {
    for (const role of ROOTED_ROLES) {
      await rotate([role], scheme);
      await world.publisher().publish("main");
      expect(await client.download("kept"), role).toEqual(["kept"]);
    }
    await rotateBins(scheme);
    await world.publisher().publish("main");
    expect(await client.download("kept"), "bins").toEqual(["kept"]);
  });

  it("follows several roots at once, from the first it was shipped with", async () => {
    const old = await TufClient.trusting(join(world.metadata, "1.root.json"), server.url);
    await rotate(["root"]);
    await rotate(["root", "timestamp"]);
    await world.publisher().publish("main");
    await rotate(["root", "snapshot", "targets"]);
    await world.publisher().publish("main");
    world.clock.time += 3_600_000;
    await world.add("new");
    await world.publisher().publish("main");
    expect(await old.download("kept", "new")).toEqual(["kept", "new"]);
    expect(await client.download("kept", "new")).toEqual(["kept", "new"]);
    await old.remove();
  });

  /** Refreshes again and again until told to stop; any error fails the test. */
  const poll = () => {
    let stopped = false;
    const polling = (async () => {
      let polls = 0;
      for (; !stopped; polls++) {
        const updater = await client.refreshed();
        expect((await updater.getTargetInfo("kept"))?.path).toBe("kept");
        await pause(1);
      }
      return polls;
    })();
    polling.catch(() => undefined); // reported where it is awaited
    return () => {
      stopped = true;
      return polling;
    };
  };

  it("sees no error while every key is rotated and targets are published meanwhile", async () => {
    const stop = poll();
    for (let round = 0; round < 3; round++) {
      for (const role of ROOTED_ROLES) {
        await rotate([role]);
        await world.add(`${role}/${round}`);
        await Promise.all([world.publisher().publish("main"), world.publisher().publish("main")]);
      }
      await rotateBins();
      await Promise.all([world.publisher().publish("main"), world.add(`bins/${round}`)]);
      await world.publisher().publish("main");
    }
    expect(await stop()).toBeGreaterThan(3);
    expect(await client.download("root/0", "bins/2")).toEqual(["root/0", "bins/2"]);
  });

  it("sees no error while publishers crash between any two steps of a rotation", async () => {
    const stop = poll();
    for (let calls = 1, crashed = true; crashed; calls++) {
      // What was replaced before has retired by now.
      world.clock.time += TRANSITION;
      await (calls % 3 === 0 ? rotateBins() : rotate(calls % 3 === 1 ? ["targets"] : ["snapshot", "timestamp"]));
      crashed = await crashedPublish(world, calls);
      await pause(5);
      await world.publisher().publish("main");
    }
    expect(await stop()).toBeGreaterThan(3);
    await world.published();
    expect(await client.download("kept")).toEqual(["kept"]);
  }, 120_000);
});
