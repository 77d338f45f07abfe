import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import { TurnTaker } from "../chaos/turn.js";
import { runChild } from "../support/child.js";
import { serve, type TestServer, TufClient } from "./tuf-client.js";
import type { Download } from "./tuf-js.child.js";

// tuf-js copies all that it has read of a snapshot for each entry that it reads: at so many, a refresh takes minutes.
vi.setConfig({ testTimeout: 3_600_000, hookTimeout: 600_000 });

const SCRIPT = new URL("tuf-js.child.ts", import.meta.url);
const BINS = 16_384;

describe.each([
  ["succinct", false],
  ["listed with hash prefixes", true],
])("beside many bins that are %s", (_, binsByPrefix) => {
  let world: TufWorld;
  let server: TestServer;
  let client: TufClient;
  beforeEach(async () => {
    world = await makeTufWorld(BINS, Date.now(), "none");
    await createTufRepository(world.ports, { name: "main", bins: BINS, binsByPrefix });
    server = await serve(world.metadata, (path) => Buffer.from(path));
    client = await TufClient.trusting(join(world.metadata, "1.root.json"), server.url);
  });
  afterEach(async () => {
    await server.close();
    await client.remove();
    await world.remove();
  });

  const pathsOf = (name: string): string[] => Array.from({ length: 50 }, (_, index) => `${name}/${index}`);
  const download = (...paths: readonly string[]) =>
    runChild<(string | null)[]>(SCRIPT, { directory: client.directory, url: server.url, paths } satisfies Download);

  test("tuf-js, unmodified, updates from nothing, and from an older root and timestamp", async () => {
    const publisher = world.publisher();
    await world.add(...pathsOf("first"));
    await publisher.publish("main");
    expect(await download("first/0", "first/49", "second/0")).toEqual(["first/0", "first/49", null]);

    const trust = new TurnTaker(world.ports);
    await trust.take({ kind: "rotate", role: "timestamp" });
    await publisher.publish("main");
    await trust.take({ kind: "rotate", role: "root" });
    await world.add(...pathsOf("second"));
    await publisher.publish("main");
    expect(await download("first/49", "second/0", "second/49")).toEqual(["first/49", "second/0", "second/49"]);
  });
});
