import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ForeignDirectory } from "../../infrastructure/storage/foreign-directory.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { importTufRepository } from "../../src/application/tuf/import/import-tuf-repository.js";
import { rotateKey } from "../../src/application/tuf/trust/rotate-key.js";
import { hashesOf, makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import { serve, type TestServer, TufClient } from "./tuf-client.js";

type Delegations = { readonly succinct_roles?: unknown; readonly roles?: readonly Record<string, unknown>[] };
const DAY = 24 * 3_600_000;
const PATHS = Array.from({ length: 30 }, (_, index) => `dir/file ${index}`);

describe("hash bins by hash prefixes", () => {
  let world: TufWorld;
  let server: TestServer;
  let client: TufClient;
  beforeEach(async () => {
    world = await makeTufWorld(4, Date.now(), "none");
    await createTufRepository(world.ports, { name: "main", bins: 8, binsByPrefix: true });
    server = await serve(world.metadata, (path) => Buffer.from(path));
    client = await TufClient.trusting(join(world.metadata, "1.root.json"), server.url);
  });
  afterEach(async () => {
    await client.remove();
    await server.close();
    await world.remove();
  });

  const publish = () => world.publisher().publish("main");
  const stated = async (file: string): Promise<Delegations> => {
    const { signed } = JSON.parse(await readFile(join(world.metadata, file), "utf8")) as {
      signed: { delegations: Delegations };
    };
    return signed.delegations;
  };

  it("are listed, and never named as succinct roles", async () => {
    const { succinct_roles: succinct, roles } = await stated("1.targets.json");
    expect(succinct).toBeUndefined();
    expect(roles!.map(({ name, path_hash_prefixes: prefixes }) => [name, prefixes])).toEqual(
      Array.from({ length: 8 }, (_, bin) => [`bins-${bin}`, [(2 * bin).toString(16), (2 * bin + 1).toString(16)]]),
    );
    expect((await world.ports.store.repository("main"))!.binsByPrefix).toBe(true);
  });

  it("are found by clients, through edits, new keys, renewals and custom roles with bins of their own", async () => {
    await world.add(...PATHS);
    await publish();
    expect(await client.download(...PATHS)).toEqual(PATHS);
    await rotateKey(world.ports, "main", "bins", await world.ports.keys.generate());
    await publish();
    expect(await client.download(...PATHS)).toEqual(PATHS);
    await addDelegation(world.ports, "main", { role: "wheels", paths: ["*.whl"], bins: 2 });
    await addDelegation(world.ports, "main", { role: "inner", paths: ["team/*"] });
    await addDelegation(world.ports, "main", { role: "innermost", paths: ["team/*.whl"], bins: 4, below: "inner" });
    const more = ["a.whl", "b.whl", "team/1", "team/a.whl", "team/b.whl"];
    await world.add(...more);
    await publish();
    expect(await client.download(...more, ...PATHS)).toEqual([...more, ...PATHS]);
    for (const file of ["1.wheels.json", "1.bins.json", "1.innermost.json"]) {
      expect((await stated(file)).succinct_roles).toBeUndefined();
    }
    await rotateKey(world.ports, "main", "innermost", await world.ports.keys.generate());
    await publish();
    expect(await client.download(...more, ...PATHS)).toEqual([...more, ...PATHS]);
    world.clock.time += 310 * DAY;
    await world.publisher().renew("main");
    expect(await client.download(...more, ...PATHS)).toEqual([...more, ...PATHS]);
    expect(await world.published()).toEqual(hashesOf(...more, ...PATHS));

    await removeDelegation(world.ports, "main", "wheels", { withTargets: true });
    await removeDelegation(world.ports, "main", "inner", { withTargets: true });
    await publish();
    expect(await client.download("a.whl", ...PATHS)).toEqual([undefined, ...PATHS]);
    const [targets] = await world.ports.store.roleStates("main", ["targets"]);
    expect((await stated(`${targets!.metadataVersion}.targets.json`)).roles).toHaveLength(8);
  });

  it("are imported, and stay so where that is asked for", async () => {
    await world.add(...PATHS);
    await publish();
    const other = await makeTufWorld(4, world.clock.now(), "none");
    const ports = { ...other.ports, keys: world.ports.keys, source: new ForeignDirectory(world.metadata) };
    await importTufRepository(ports, { name: "main", bins: 32, binsByPrefix: true });
    expect(await other.published()).toEqual(hashesOf(...PATHS));
    expect((await other.ports.store.repository("main"))!.binsByPrefix).toBe(true);
    await other.remove();
  });

  it("are at most as many as clients can read the list of", async () => {
    await expect(
      createTufRepository(world.ports, { name: "other", bins: 32_768, binsByPrefix: true }),
    ).rejects.toMatchObject({ code: "INVALID_BIN_COUNT", message: expect.stringContaining("16384") as string });
    await expect(
      addDelegation(world.ports, "main", { role: "team", paths: ["team/*"], bins: 32_768 }),
    ).rejects.toMatchObject({ code: "INVALID_BIN_COUNT" });
  });
});
