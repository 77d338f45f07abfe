import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SnapshotSigned, TargetsSigned } from "../../domain/tuf/metadata-document.js";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { alterDelegation } from "../../src/application/tuf/delegations/alter-delegation.js";
import { changeBinsTrust } from "../../src/application/tuf/trust/change-bins-trust.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { signDelegation } from "../../src/application/tuf/delegations/delegation-signing.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import type { TufWorld } from "../application/tuf-world.js";
import { crashedPublish } from "./crashed-publish.js";
import { servedWorld } from "./served-world.js";
import type { TufClient } from "./tuf-client.js";

describe("tuf-js, unmodified, over HTTP, with custom roles", () => {
  let world: TufWorld;
  let client: TufClient;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ world, client, remove } = await servedWorld("kept", "team/before"));
  });
  afterEach(() => remove());

  const publish = () => world.publisher().publish("main");

  /** The newest published metadata of a role, as the snapshot lists it. */
  const published = async <T>(role: string): Promise<T> => {
    const read = async (name: string) =>
      (JSON.parse(await readFile(join(world.metadata, name), "utf8")) as { signed: unknown }).signed;
    const { meta } = (await read("timestamp.json")) as { meta: Record<string, { version: number }> };
    const snapshot = (await read(`${meta["snapshot.json"]!.version}.snapshot.json`)) as SnapshotSigned;
    return (await read(`${snapshot.meta[`${role}.json`]!.version}.${role}.json`)) as T;
  };

  /** Three people with a key each, and where each keeps it. */
  const people = async () => {
    const stores = ["ada", "ben", "cem"].map(
      (person) => new KeyFiles(join(world.metadata, "..", person), world.ports.codec),
    );
    const keys = await Promise.all(stores.map(async (store) => (await store.generate()).publicKey));
    const sign = (person: number) =>
      signDelegation({ ...world.ports, keys: stores[person]! }, "main", "team").then(({ signing }) => signing.missing);
    return { keys, sign };
  };

  it("finds targets of a custom role, those that were there before, and those of bins", async () => {
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"] });
    await publish();
    expect(await client.download("kept", "team/before")).toEqual(["kept", "team/before"]);
    await world.add("team/new", "other");
    await publish();
    const all = ["kept", "team/before", "team/new", "other"];
    expect(await client.download(...all, "team/none")).toEqual([...all, undefined]);
    expect(Object.keys((await published<TargetsSigned>("team")).targets)).toEqual(["team/new"]);
    await removeTargets(world.ports, "main", ["team/before", "team/new"]);
    await publish();
    expect(await client.download("team/before", "team/new", "kept")).toEqual([undefined, undefined, "kept"]);
  });

  it("keeps paths apart that differ only by case or Unicode form, in roles and in bins", async () => {
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*", "caf\u00e9"] });
    const inRole = ["team/a", "team/A", "team/\u00e9", "team/e\u0301", "caf\u00e9"];
    const inBins = ["Team/a", "cafe\u0301", "CAF\u00c9"];
    await world.add(...inRole, ...inBins);
    await publish();
    expect(await client.download(...inRole, ...inBins)).toEqual([...inRole, ...inBins]);
    expect(Object.keys((await published<TargetsSigned>("team")).targets).sort()).toEqual(inRole.toSorted());
    await removeTargets(world.ports, "main", ["team/\u00e9", "cafe\u0301"]);
    await publish();
    expect(await client.download("team/\u00e9", "team/e\u0301", "cafe\u0301", "caf\u00e9")).toEqual([
      undefined,
      "team/e\u0301",
      undefined,
      "caf\u00e9",
    ]);
  });

  it("looks no further after a terminating role", async () => {
    await addDelegation(world.ports, "main", { role: "first", paths: ["*/a"] });
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"], terminating: true });
    await world.add("team/a", "team/b");
    await publish();
    expect(await client.download("team/a", "team/b", "team/before", "kept")).toEqual([
      "team/a",
      "team/b",
      undefined,
      "kept",
    ]);
    await alterDelegation(world.ports, "main", "team", { terminating: false });
    await publish();
    expect(await client.download("team/before")).toEqual(["team/before"]);
  });

  it("accepts a role that two of three people sign, each when they can, and the next two", async () => {
    const { keys, sign } = await people();
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"], keys: { keys, threshold: 2 } });
    await world.add("team/new");
    expect((await publish()).awaiting).toEqual(["team"]);
    expect(await client.download("team/before", "team/new")).toEqual(["team/before", undefined]);
    expect(await sign(2)).toBe(1);
    expect((await publish()).awaiting).toEqual(["team"]);
    expect(await client.download("team/new")).toEqual([undefined]);
    expect(await sign(0)).toBe(0);
    expect((await publish()).awaiting).toEqual([]);
    expect(await client.download("team/before", "team/new")).toEqual(["team/before", "team/new"]);

    await world.add("team/newer", "elsewhere");
    await publish();
    expect(await client.download("team/new", "team/newer", "elsewhere")).toEqual(["team/new", undefined, "elsewhere"]);
    await sign(1);
    await sign(2);
    await publish();
    expect(await client.download("team/new", "team/newer")).toEqual(["team/new", "team/newer"]);
  });

  it("follows new keys of a role, though the former are lost", async () => {
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"] });
    await world.add("team/new");
    await publish();
    const { keys, sign } = await people();
    const { trust } = (await world.ports.store.repository("main"))!;
    const made = await world.ports.keys.generate();
    await changeTrust(world.ports, "main", replaceKey(["team"], trust["team"]!.keyIds[0]!, made));
    await publish();
    expect(await client.download("team/new", "kept")).toEqual(["team/new", "kept"]);

    // From the machine's key to people's: what is stated stays until enough of them have signed.
    const ids = keys.map((key) => ({ keyId: keyIdOf(key), publicKey: key }));
    await changeTrust(world.ports, "main", [
      ...ids.map(({ keyId, publicKey }) => ({ change: "add-key", role: "team", keyId, key: publicKey }) as const),
      { change: "remove-key", role: "team", keyId: made.keyId },
      { change: "set-threshold", role: "team", threshold: 2 },
    ]);
    await world.add("team/newest", "more");
    expect((await publish()).awaiting).toEqual(["team"]);
    expect(await client.download("team/new", "team/newest", "more")).toEqual(["team/new", undefined, "more"]);
    await sign(0);
    await sign(1);
    await publish();
    expect(await client.download("team/new", "team/newest")).toEqual(["team/new", "team/newest"]);
  });

  it("follows new keys of the bins, which are below the catch-all", async () => {
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"] });
    await world.add("team/new");
    await publish();
    const made = await world.ports.keys.generate();
    const { trust } = (await world.ports.store.repository("main"))!;
    await changeBinsTrust(world.ports, "main", replaceKey(["bins"], trust.bins.keyIds[0]!, made));
    await publish();
    expect(await client.download("kept", "team/new")).toEqual(["kept", "team/new"]);
    const top = await published<TargetsSigned>("targets");
    expect(top.delegations?.roles?.at(-1)).toMatchObject({ name: "bins", keyids: [made.keyId] });
  });

  it("follows the removal of roles, back to bins directly below targets, and their return", async () => {
    const before = await published<TargetsSigned>("targets");
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"] });
    await addDelegation(world.ports, "main", { role: "group", paths: ["group/*"], before: "team" });
    await world.add("team/new", "group/new");
    await publish();
    await expect(removeDelegation(world.ports, "main", "team")).rejects.toMatchObject({ code: "ROLE_NOT_EMPTY" });
    await removeDelegation(world.ports, "main", "team", { withTargets: true });
    await publish();
    expect(await client.download("team/before", "team/new", "group/new")).toEqual([
      "team/before",
      undefined,
      "group/new",
    ]);
    await removeDelegation(world.ports, "main", "group", { withTargets: true });
    await publish();
    const { version: _, expires: __, ...after } = await published<TargetsSigned>("targets");
    expect(before).toMatchObject(after);
    expect(await client.download("kept", "group/new")).toEqual(["kept", undefined]);

    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"] });
    await world.add("team/again");
    await publish();
    expect(await client.download("kept", "team/new", "team/again")).toEqual(["kept", undefined, "team/again"]);
  });

  /** Polls while `work` goes on; `sought` is looked for, there or not. */
  async function polledDuring(sought: string, work: () => Promise<void>): Promise<void> {
    let stopped = false;
    const polling = (async () => {
      let polls = 0;
      for (; !stopped; polls++) {
        const updater = await client.refreshed();
        for (const path of ["kept", "team/before"]) expect((await updater.getTargetInfo(path))?.path).toBe(path);
        await updater.getTargetInfo(sought);
        await pause(1);
      }
      return polls;
    })();
    polling.catch(() => undefined); // reported where it is awaited
    await work().finally(() => (stopped = true));
    expect(await polling).toBeGreaterThan(3);
  }

  it("sees no error while custom roles come, change keys and go", async () => {
    await polledDuring("team/0", comingAndGoing);
    expect((await world.published()).size).toBe(6);
  });

  async function comingAndGoing(): Promise<void> {
    for (let round = 0; round < 4; round++) {
      await addDelegation(world.ports, "main", { role: "team", paths: ["team/?"] });
      await Promise.all([publish(), publish(), world.add(`team/${round}`)]);
      const made = await world.ports.keys.generate();
      const { trust } = (await world.ports.store.repository("main"))!;
      await changeTrust(world.ports, "main", replaceKey(["team"], trust["team"]!.keyIds[0]!, made));
      await changeBinsTrust(world.ports, "main", replaceKey(["bins"], trust.bins.keyIds[0]!, made));
      await Promise.all([publish(), world.add(`other/${round}`), publish()]);
      await removeDelegation(world.ports, "main", "team", { withTargets: true });
      await publish();
    }
  }

  async function rotated(role: string): Promise<void> {
    const { trust } = (await world.ports.store.repository("main"))!;
    const made = await world.ports.keys.generate();
    await changeTrust(world.ports, "main", replaceKey([role], trust[role]!.keyIds[0]!, made));
  }

  it("sees no error while publishers crash between any two steps of new keys for roles below others", async () => {
    const { store } = world.ports;
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/?"] });
    await addDelegation(world.ports, "main", { role: "inner", paths: ["team/*"], below: "team" });
    await addDelegation(world.ports, "main", { role: "innermost", paths: ["team/?"], below: "inner", bins: 2 });
    await world.add("team/0");
    await publish();
    await polledDuring("team/0", async () => {
      for (let calls = 1, crashed = true; crashed; calls++) {
        await rotated(["innermost", "inner", "team"][calls % 3]!);
        crashed = await crashedPublish(world, calls);
        await pause(1);
        await publish();
      }
    });
    expect(await client.download("team/0", "kept")).toEqual(["team/0", "kept"]);
    const [inner] = await store.roleStates("main", ["inner"]);
    expect(inner).toMatchObject({ signedVersion: inner!.version });
  }, 120_000);

  it("sees no error while roles below others come, change keys and go", async () => {
    await polledDuring("team/0", comingAndGoingBelow);
    expect([...(await world.published()).keys()].sort()).toEqual(["kept", "team/before"]);
  });

  async function comingAndGoingBelow(): Promise<void> {
    const { ports } = world;
    for (let round = 0; round < 3; round++) {
      await addDelegation(ports, "main", { role: "team", paths: ["team/?"] });
      await addDelegation(ports, "main", { role: "inner", paths: ["team/*"], below: "team", terminating: true });
      await Promise.all([publish(), publish()]);
      await addDelegation(ports, "main", { role: "innermost", paths: ["team/?"], below: "inner", bins: 2 });
      await world.add(`team/${round}`);
      await Promise.all([publish(), rotated("inner"), publish()]);
      await Promise.all([rotated("innermost"), publish(), world.add(`team/${round + 1}`)]);
      await Promise.all([publish(), rotated("team"), publish()]);
      await publish();
      expect(await client.download(`team/${round}`)).toEqual([`team/${round}`]);
      await removeDelegation(ports, "main", "inner", { withTargets: true });
      await Promise.all([publish(), publish()]);
      await removeDelegation(ports, "main", "team", { withTargets: true });
      await publish();
    }
  }

  function keyIdOf(key: Parameters<typeof world.ports.codec.canonical>[0]): string {
    return Buffer.from(world.ports.codec.sha256(world.ports.codec.canonical(key))).toString("hex");
  }
});
