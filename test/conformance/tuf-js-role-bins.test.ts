import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TargetsSigned } from "../../domain/tuf/metadata-document.js";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import type { TufWorld } from "../application/tuf-world.js";
import { servedWorld } from "./served-world.js";
import type { TufClient } from "./tuf-client.js";

const DAY = 24 * 3_600_000;
const NEW = Array.from({ length: 12 }, (_, index) => `team/${index}`);

describe("tuf-js, unmodified, over HTTP, with hash bins below a custom role", () => {
  let world: TufWorld;
  let client: TufClient;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ world, client, remove } = await servedWorld("kept", "team/before"));
  });
  afterEach(() => remove());

  const publish = () => world.publisher().publish("main");
  const addTeam = (bins = 8) => addDelegation(world.ports, "main", { role: "team", paths: ["team/*"], bins });
  const rotate = async () => {
    const made = await world.ports.keys.generate();
    const { trust } = (await world.ports.store.repository("main"))!;
    await changeTrust(world.ports, "main", replaceKey(["team"], trust["team"]!.keyIds[0]!, made));
  };
  const read = async (name: string) =>
    (JSON.parse(await readFile(join(world.metadata, name), "utf8")) as { signed: TargetsSigned }).signed;

  it("finds their targets, and those of the bins of all", async () => {
    await addTeam();
    await world.add(...NEW, "other");
    await publish();
    const all = [...NEW, "kept", "other"];
    expect(await client.download(...all, "team/none", "none")).toEqual([...all, undefined, undefined]);
    const { targets, delegations } = await read("1.team.json");
    expect(targets).toEqual({});
    expect(delegations?.succinct_roles).toMatchObject({ bit_length: 3, name_prefix: "team" });
    const { trust } = (await world.ports.store.repository("main"))!;
    expect(delegations?.succinct_roles?.keyids).toEqual(trust["team"]?.keyIds);
    await removeTargets(world.ports, "main", NEW.slice(1));
    await publish();
    expect(await client.download(NEW[0]!, NEW[1]!, "kept")).toEqual([NEW[0], undefined, "kept"]);
    expect(await world.published()).toHaveProperty("size", 3);
  });

  it("looks no further than they, so that what bins of all held before comes back with its next edit", async () => {
    await addTeam();
    await publish();
    expect(await client.download("team/before", "kept")).toEqual([undefined, "kept"]);
    await world.add("team/before");
    await publish();
    expect(await client.download("team/before")).toEqual(["team/before"]);
  });

  it("follows their new keys, their renewal, their end and their return", async () => {
    await addTeam();
    await world.add(...NEW);
    await publish();
    await rotate();
    await publish();
    expect(await client.download(...NEW, "kept")).toEqual([...NEW, "kept"]);
    world.clock.time += 50 * DAY;
    const { rolesSigned } = await world.publisher().renew("main", { within: 60 * DAY });
    expect(rolesSigned.filter(({ role }) => role.startsWith("team-")).length).toBeGreaterThan(4);
    expect(await client.download(...NEW, "kept")).toEqual([...NEW, "kept"]);
    await removeDelegation(world.ports, "main", "team", { withTargets: true });
    await publish();
    expect(await client.download(NEW[0]!, "team/before", "kept")).toEqual([undefined, "team/before", "kept"]);
    await addTeam(4);
    await world.add(NEW[0]!);
    await publish();
    expect(await client.download(NEW[0]!, NEW[1]!, "kept")).toEqual([NEW[0], undefined, "kept"]);
    expect(await world.published()).toHaveProperty("size", 2);
  });

  it("sees no error while they come, change keys and go", async () => {
    let stopped = false;
    const polling = (async () => {
      let polls = 0;
      for (; !stopped; polls++) {
        const updater = await client.refreshed();
        expect((await updater.getTargetInfo("kept"))?.path).toBe("kept");
        for (const path of NEW) await updater.getTargetInfo(path);
        await pause(1);
      }
      return polls;
    })();
    polling.catch(() => undefined); // reported where it is awaited
    for (let round = 0; round < 4; round++) {
      await addTeam(2 ** (1 + (round % 3)));
      await Promise.all([publish(), publish(), world.add(...NEW)]);
      await rotate();
      await Promise.all([publish(), world.add(`other/${round}`, `team/${round}`), publish()]);
      await publish();
      expect((await world.published()).size).toBe(NEW.length + 2 + round);
      await removeDelegation(world.ports, "main", "team", { withTargets: true });
      await publish();
    }
    stopped = true;
    expect(await polling).toBeGreaterThan(3);
  });
});
