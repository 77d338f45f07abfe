import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import { crashedPublish } from "./crashed-publish.js";
import { serve, type TestServer, TufClient } from "./tuf-client.js";

describe("tuf-js, unmodified, over HTTP", () => {
  let world: TufWorld;
  let server: TestServer;
  let client: TufClient;
  /** What the web server has under a path, where it is not the path itself. */
  const tampered = new Map<string, string>();

  beforeEach(async () => {
    world = await makeTufWorld(8, Date.now());
    server = await serve(world.metadata, (path) => Buffer.from(tampered.get(path) ?? path));
    client = await TufClient.trusting(join(world.metadata, "1.root.json"), server.url);
  });
  afterEach(async () => {
    tampered.clear();
    await server.close();
    await client.remove();
    await world.remove();
  });

  it("accepts a new repository, and finds nothing in it", async () => {
    expect(await client.download("a")).toEqual([undefined]);
  });

  it("downloads and verifies targets added concurrently to the same bin and to different bins", async () => {
    const publishers = [world.publisher(), world.publisher()];
    const all = Array.from({ length: 40 }, (_, index) => `package-${index % 5}/file-${index}.js`);
    await Promise.all(
      all.map(async (path, index) => {
        await world.add(path);
        await publishers[index % 2]!.publish("main");
      }),
    );
    expect(await client.download(...all)).toEqual(all);
    await removeTargets(world.ports, "main", all.slice(0, 3));
    await publishers[0]!.publish("main");
    expect(await client.download(...all.slice(0, 4))).toEqual([undefined, undefined, undefined, all[3]]);
  });

  it("finds targets whatever characters are in their paths, and keeps them apart", async () => {
    const odd = [
      "sp ace/ü.txt",
      "A",
      "a",
      "\u00e9",
      "e\u0301",
      '"quoted"',
      "1",
      "01",
      "a..b",
      ".hidden",
      "\uffff",
      "x{y}",
    ];
    const onlyLookedUp = ["per%cent", "ha#sh", "que?ry", "__proto__/x"];
    await world.add(...odd, ...onlyLookedUp);
    await world.publisher().publish("main");
    expect(await client.download(...odd)).toEqual(odd);
    const updater = await client.refreshed();
    for (const path of onlyLookedUp) expect((await updater.getTargetInfo(path))?.path).toBe(path);
  });

  it("refuses a target whose content is not what was added", async () => {
    await world.add("good");
    await world.publisher().publish("main");
    tampered.set("good", "evil");
    await expect(client.download("good")).rejects.toThrow();
  });

  it("follows renewals of every online role", async () => {
    await world.add("kept");
    await world.publisher().publish("main");
    const publish = world.publisher();
    for (const hours of [17, 24 * 6, 24 * 70, 24 * 310]) {
      world.clock.time = Date.now() - 1_000 + hours * 3_600_000;
      expect((await publish.publish("main")).committed).not.toBe("nothing");
      expect(await client.download("kept")).toEqual(["kept"]);
    }
  });

  /** Refreshes and looks a target up, again and again, until stopped; answers how often. Any error fails the test. */
  const poll = (path: string): (() => Promise<number>) => {
    let stopped = false;
    const polling = (async () => {
      let polls = 0;
      for (; !stopped; polls++) {
        const updater = await client.refreshed();
        expect((await updater.getTargetInfo(path))?.path).toBe(path);
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

  it("sees no error while two publishers race", async () => {
    await world.add("polled");
    await world.publisher().publish("main");
    const stop = poll("polled");
    const publishers = [world.publisher(), world.publisher()];
    const writers = publishers.map(async (publisher, writer) => {
      for (let round = 0; round < 15; round++) {
        await world.add(`w${writer}/${round}`, `same/${writer}-${round}`);
        await publisher.publish("main");
        await pause(5);
      }
    });
    await Promise.all(writers);
    expect(await stop()).toBeGreaterThan(3);
    const [first, last] = await client.download("w0/0", "w1/14");
    expect([first, last]).toEqual(["w0/0", "w1/14"]);
  });

  it("sees no error while publishers crash between any two steps", async () => {
    await world.add("polled");
    await world.publisher().publish("main");
    const stop = poll("polled");
    for (let calls = 1, crashed = true; crashed; calls++) {
      await world.add(`step/${calls}`);
      crashed = await crashedPublish(world, calls);
      await pause(10);
    }
    expect(await stop()).toBeGreaterThan(3);
    await world.publisher().publish("main");
    expect(await client.download("step/1", "step/7")).toEqual(["step/1", "step/7"]);
  });
});
