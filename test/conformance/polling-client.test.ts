import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import { PollingClient } from "./polling-client.js";

/** What finds no fault anywhere must be shown to find those that are there. */
describe("a client that polls", () => {
  let world: TufWorld;
  let client: PollingClient;
  beforeEach(async () => {
    world = await makeTufWorld(4, Date.now());
    client = await PollingClient.over(world.metadata);
    await world.add("one");
    await world.publisher().publish("main");
    await client.poll();
  });
  afterEach(() => world.remove());

  const path = (name: string) => join(world.metadata, name);
  const publish = async (target: string): Promise<void> => {
    await world.add(target);
    await world.publisher().publish("main");
  };

  it("is content with what is published", async () => {
    await publish("two");
    await client.poll();
    expect(await client.stop()).toBe(2);
  });

  it("notices that the repository falls back", async () => {
    await copyFile(path("timestamp.json"), path("former.json"));
    await publish("two");
    await client.poll();
    await copyFile(path("former.json"), path("timestamp.json"));
    await expect(client.poll()).rejects.toThrow(/version/i);
    await client.stop();
  });

  it("notices a snapshot that is not there, and one that is not as the timestamp says", async () => {
    await publish("two");
    const [name, bytes] = ["3.snapshot.json", await readFile(path("3.snapshot.json"))];
    await rm(path(name));
    await expect(client.poll()).rejects.toThrow("Failed to download");
    await writeFile(path(name), Buffer.concat([bytes, Buffer.from(" ")]));
    await expect(client.poll()).rejects.toThrow(/length|hash/i);
    await client.stop();
  });

  // Its own trust does not tell: for a version that it has it asks nobody again.
  it("notices two contents of one version, though each is signed", async () => {
    const { codec, keys, store } = world.ports;
    const { signed } = codec.decode("timestamp", await readFile(path("timestamp.json")));
    const bytes = codec.canonical({ ...signed, expires: "2031-01-01T00:00:00Z" });
    const [keyId] = (await store.repository("main"))!.trust.timestamp.keyIds;
    const signature = await (await keys.load(keyId!))!.sign(bytes);
    const sig = Buffer.from(signature).toString("hex");
    await writeFile(path("timestamp.json"), codec.file(bytes, [{ keyid: keyId!, sig }]));
    await expect(client.poll()).rejects.toThrow("two contents of timestamp.json version 2");
    await expect(client.stop()).rejects.toThrow("two contents of timestamp.json version 2");
  });

  it("that goes on by itself tells when it is stopped", async () => {
    await writeFile(path("timestamp.json"), "{}");
    client.keepPolling();
    await expect(client.stop()).rejects.toThrow();
  });
});
