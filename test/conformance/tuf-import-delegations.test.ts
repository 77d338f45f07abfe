import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { binNames, binOf } from "../../domain/tuf/hash-bins.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { alterDelegation } from "../../src/application/tuf/delegations/alter-delegation.js";
import { signDelegation } from "../../src/application/tuf/delegations/delegation-signing.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { importTufRepository } from "../../src/application/tuf/import/import-tuf-repository.js";
import { tufRepositoryStatus } from "../../src/application/tuf/tuf-repository-status.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import type { TufWorld } from "../application/tuf-world.js";
import type { ForeignPlace } from "./foreign-place.js";
import {
  type ForeignKey,
  foreignKey,
  foreignPemKey,
  foreignRole as role,
  foreignTargets as targetsAt,
} from "./foreign-repository.js";
import { foreignWorld } from "./foreign-world.js";

// RSA keys take a while to make.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const RSA = foreignPemKey("key of ada".replaceAll(" ", "-"), "rsa");
const ECDSA = foreignPemKey(createHash("sha256").update("not the key").digest("hex"), "ecdsa");
const DOCS = foreignKey();

const DAY = 24 * 3_600_000;
const digestOf = (path: string) => createHash("sha256").update(path).digest();
const own = Array.from({ length: 12 }, (_, index) => `files/${index}`);

type Json = Record<string, unknown>;

describe("custom roles of a repository that other tools made", () => {
  let world: TufWorld;
  let place: ForeignPlace;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ world, place, remove } = await foreignWorld());
  });
  afterEach(() => remove());

  const imported = (ports = world.ports) =>
    importTufRepository({ ...ports, source: place.source }, { name: "main", bins: 4 });
  const publish = async () => {
    const report = await world.publisher().publish("main");
    await place.show(world.metadata);
    return report;
  };
  /** Signs as a person does whose keys are nowhere else. */
  const sign = async (name: string, ...keys: readonly ForeignKey[]) => {
    for (const key of keys) {
      const person = new KeyFiles(join(place.directory, key.keyId.slice(0, 8)), world.ports.codec);
      await person.importKey(key.pem);
      await signDelegation({ ...world.ports, keys: person }, "main", name);
    }
  };
  const published = async () => {
    const found: string[] = [];
    for await (const { path } of verifyTufRepository(world.ports, world.clock.now())) found.push(path);
    return found.sort();
  };
  /** The names of what readers of the storage see. */
  const shown = async () => {
    const names = await readdir(world.metadata).catch(() => []);
    return names.filter((name) => !name.startsWith("."));
  };
  const leftovers = async () => {
    const names = await readdir(world.metadata, { recursive: true }).catch(() => []);
    return names.filter((name) => name.includes(".tmp-"));
  };
  const isKept = async (name: string) => {
    expect(await readFile(join(world.metadata, name))).toEqual(await readFile(join(place.writer.directory, name)));
  };

  /** Two roles with keys of people, and explicit hash-prefix bins after them; some targets in the top-level role. */
  async function writeTeams(): Promise<readonly string[]> {
    const { writer } = place;
    const roles = [
      role("team-a", [RSA, ECDSA], ["team-a/*"], { terminating: true }),
      role("docs", [DOCS], ["docs/*", "*.md"]),
      ...["0", "1"].map((bit) => ({
        ...role(`half-${bit}`, [writer.bins], []),
        paths: undefined,
        path_hash_prefixes: [..."0123456789abcdef"].filter((digit) => parseInt(digit, 16) >> 3 === Number(bit)),
      })),
    ].map((one) => JSON.parse(JSON.stringify(one)) as Json);
    await writer.targets("team-a", 5, targetsAt("team-a/1", "team-a/2"), undefined, [RSA, ECDSA]);
    await writer.targets("docs", 7, targetsAt("docs/1", "README.md"), undefined, [DOCS]);
    for (const bit of [0, 1]) {
      const held = own.slice(4).filter((path) => digestOf(path)[0]! >> 7 === bit);
      await writer.targets(`half-${bit}`, 3, targetsAt(...held));
    }
    const keys = writer.keysOf(RSA, ECDSA, DOCS, writer.bins);
    await writer.targets("targets", 9, targetsAt(...own.slice(0, 4)), { keys, roles });
    await writer.snapshot(23, 41);
    return [...own, "team-a/1", "team-a/2", "docs/1", "README.md"];
  }

  it("go on under their clients as they were signed, then signed by their keys", async () => {
    const paths = await writeTeams();
    await place.show();
    const client = await place.client();
    expect(await client.download(...paths, "team-a/none")).toEqual([...paths, undefined]);

    const report = await imported();
    expect(report).toMatchObject({ targets: paths.length, customRoles: ["team-a", "docs"], expired: [] });
    await isKept("5.team-a.json");
    await isKept("7.docs.json");
    await place.show(world.metadata);
    expect(await client.download(...paths, "team-a/none")).toEqual([...paths, undefined]);
    expect(await published()).toEqual([...paths].sort());
    const { delegations, isPublished } = await tufRepositoryStatus(world.ports, "main");
    expect(delegations).toMatchObject([
      { role: "team-a", metadataVersion: 5, keys: 2, threshold: 2 },
      { role: "docs", metadataVersion: 7, keys: 1, threshold: 1 },
    ]);
    expect(isPublished).toBe(true);
    expect(await publish()).toMatchObject({ rolesSigned: [], awaiting: [], committed: "nothing" });

    // An add to a bin, then to custom roles.
    await world.add("new");
    expect((await publish()).rolesSigned).toHaveLength(1);
    expect(await client.download("new", ...paths)).toEqual(["new", ...paths]);
    await world.add("team-a/3", "docs/2");
    expect((await publish()).awaiting).toEqual(["docs", "team-a"]);
    expect(await client.download("new", "team-a/3", ...paths)).toEqual(["new", undefined, ...paths]);
    await sign("team-a", RSA, ECDSA);
    await world.ports.keys.importKey(DOCS.pem);
    await sign("docs", DOCS);
    expect((await publish()).rolesSigned).toEqual(
      expect.arrayContaining([
        { role: "team-a", metadataVersion: 6 },
        { role: "docs", metadataVersion: 8 },
      ]),
    );
    const added = ["new", "team-a/3", "docs/2"];
    expect(await client.download(...added, ...paths)).toEqual([...added, ...paths]);

    // A renewal of all there is.
    world.clock.time += 310 * DAY;
    await world.publisher().renew("main");
    await sign("team-a", RSA, ECDSA);
    await publish();
    expect(await client.download(...added, ...paths)).toEqual([...added, ...paths]);
    expect(await readdir(world.metadata)).toEqual(expect.arrayContaining(["7.team-a.json", "9.docs.json"]));

    // Other delegations.
    await alterDelegation(world.ports, "main", "docs", { before: "team-a" });
    await addDelegation(world.ports, "main", { role: "late", paths: ["late/*"], before: "docs" });
    await world.add("late/1");
    await publish();
    expect(await client.download("late/1", ...added, ...paths)).toEqual(["late/1", ...added, ...paths]);
    await removeDelegation(world.ports, "main", "team-a", { withTargets: true });
    await publish();
    expect(await client.download("team-a/1", "docs/2", "files/0")).toEqual([undefined, "docs/2", "files/0"]);
  });

  it("keep the hash bins below them", async () => {
    const { writer } = place;
    const bins = { bitLength: 3, namePrefix: "wheels" };
    const below = { keyids: [DOCS.keyId], threshold: 1, bit_length: 3, name_prefix: "wheels" };
    const paths = Array.from({ length: 30 }, (_, index) => `wheels/${index}`);
    await writer.targets("wheels", 2, {}, { keys: writer.keysOf(DOCS), succinct_roles: below }, [DOCS]);
    for (const bin of binNames(bins)) {
      const held = paths.filter((path) => binOf(bins, digestOf(path)) === bin);
      await writer.targets(bin, 11, targetsAt(...held), undefined, [DOCS]);
    }
    const roles = [role("wheels", [DOCS], ["wheels/*"])];
    await writer.targets("targets", 9, targetsAt(...own), { keys: writer.keysOf(DOCS), roles });
    await writer.snapshot(23, 41);
    await place.show();
    const client = await place.client();
    const all = [...own, ...paths];
    expect(await client.download(...all)).toEqual(all);

    expect(await imported()).toMatchObject({ targets: all.length, customRoles: ["wheels"] });
    for (const name of ["2.wheels.json", ...binNames(bins).map((bin) => `11.${bin}.json`)]) await isKept(name);
    await place.show(world.metadata);
    expect(await client.download(...all)).toEqual(all);
    expect(await published()).toEqual([...all].sort());
    expect(await publish()).toMatchObject({ rolesSigned: [], committed: "nothing" });

    await world.ports.keys.importKey(DOCS.pem);
    await world.add("wheels/new", "files/new");
    expect((await publish()).rolesSigned).toHaveLength(2);
    expect(await client.download("wheels/new", "files/new", ...all)).toEqual(["wheels/new", "files/new", ...all]);
    world.clock.time += 310 * DAY;
    await world.publisher().renew("main");
    await publish();
    expect(await client.download("wheels/new", ...all)).toEqual(["wheels/new", ...all]);
  });

  it("are not published in part, whatever fails, and are completed by the same call", async () => {
    const paths = await writeTeams();
    const { edits } = world.ports;
    const accept = edits.accept.bind(edits);
    for (let lost = 1; lost <= 3; lost++) {
      let calls = 0;
      const failing = vi.spyOn(edits, "accept").mockImplementation((name, bins) => {
        return ++calls === lost ? Promise.reject(new Error("lost")) : accept(name, bins);
      });
      await expect(imported()).rejects.toThrow("lost");
      failing.mockRestore();
      expect(await shown()).toEqual([]);
      expect(await leftovers()).toEqual([]);
      // Whoever publishes meanwhile signs nothing in the place of people.
      await expect(world.publisher().publish("main")).rejects.toMatchObject({ code: "ROOT_UNSIGNED" });
      expect(await world.ports.trust.openEventOf("main", "team-a")).toBeUndefined();
    }
    expect(await imported()).toMatchObject({ targets: paths.length });
    await isKept("5.team-a.json");
    expect(await published()).toEqual([...paths].sort());
    expect(await publish()).toMatchObject({ rolesSigned: [], awaiting: [] });
  });

  it("may have expired, which is told", async () => {
    const { writer } = place;
    const { expires } = writer;
    await writeTeams();
    writer.expires = "2020-01-01T00:00:00Z";
    await writer.targets("docs", 8, targetsAt("docs/1"), undefined, [DOCS]);
    writer.expires = expires;
    await writer.snapshot(24, 42);
    expect(await imported()).toMatchObject({ expired: ["docs"] });
    expect((await publish()).awaiting).toEqual(["docs"]);
  });
});
