import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { storedFiles } from "../../src/application/tuf/stored-files.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { unpublishedTargets } from "../../src/application/tuf/targets/unpublished-targets.js";
import { targetOf, TestClock, type TufWorld } from "../application/tuf-world.js";
import {
  expectAllToVerify,
  expectSnapshotsToGrow,
  expectTimestampsToRise,
  historyOf,
} from "../integration/tuf-history.js";
import { expectPublishedAsStored } from "../integration/tuf-invariants.js";
import { overridden } from "../support/overridden.js";
import { servedWorld } from "./served-world.js";
import type { TufClient } from "./tuf-client.js";

/*
 * Faults that other TUF repositories had or have, with where they are told of, as far as that is public (`RSTUF` is
 * repository-service-tuf-worker). Each of them is a test here: below where it would else be missing, or one of these.
 */

type Guard = readonly [fault: string, file: string, test: string];

const GUARDS: readonly Guard[] = [
  [
    "RSTUF: rows are marked published before anything is written, so that a crash loses them and reports success",
    "application/tuf-publish.test.ts",
    "repairs a crash %s any step, twice in a row too",
  ],
  [
    "RSTUF: a lock that expires does not stop who held it",
    "integration/tuf-frozen-workers.test.ts",
    "a publisher that freezes changes nothing when it wakes up",
  ],
  [
    "RSTUF: one role that cannot be signed stops all expiry bumps",
    "application/tuf-upkeep.test.ts",
    "reaches the others, whatever the number of those that cannot be signed and expire first",
  ],
  [
    "RSTUF: versions in the database and in files drift apart: files are behind",
    "application/tuf-publish.test.ts",
    "rebuilds lost storage from the database, byte for byte",
  ],
  [
    "RSTUF: versions in the database and in files drift apart: the database is behind",
    "application/tuf-damaged-timestamp.test.ts",
    "that clients have accepted stops publish and repair: the database forgot something",
  ],
  [
    "RSTUF: signatures of people who sign at once are lost by read-modify-write",
    "contract/tuf-store-trust.ts",
    "keep every signature of concurrent signers, each once",
  ],
  [
    "RSTUF: a snapshot is written before a role's file that it names",
    "contract/metadata-files.ts",
    "appear phase by phase, however they are watched",
  ],
  [
    "RSTUF: a snapshot lists versions that nobody signed",
    "application/tuf-publish.test.ts",
    "is reported, and does not hold up the other bins",
  ],
  [
    "RSTUF 353: a snapshot lacks the versions that an expiry bump has just signed",
    "application/tuf-expiry.test.ts",
    "signs bins anew, then targets when their time comes",
  ],
  [
    "RSTUF: an expiry bump changes what is signed already",
    "conformance/tuf-js.test.ts",
    "follows renewals of every online role",
  ],
  [
    "RSTUF 37: timestamp and snapshot expire where nobody adds anything",
    "application/tuf-thresholds.test.ts",
    "are what every role is renewed by, on a quiet repository too",
  ],
  [
    "RSTUF: timestamp.json is not written atomically",
    "contract/metadata-files.ts",
    "never falls, whoever races, ends at the highest and is whole at every instant",
  ],
  [
    "RSTUF: versioned files are not written atomically",
    "contract/directory-metadata-files.test.ts",
    "are not there in part; once there is room again, the same call succeeds",
  ],
  [
    "RSTUF: who adds and does not publish waits for a publish that nobody asked for",
    "application/tuf-unpublished.test.ts",
    "are listed until they are published, whatever came and went",
  ],
  [
    "RSTUF: of two first adds of one path one fails, half-committed",
    "contract/tuf-store-edits.ts",
    "of one path at the same time leave one of them, whole",
  ],
  [
    "RSTUF: names of roles are upper-cased",
    "application/tuf-delegations.test.ts",
    "keep the case of their names in files, metadata and what is told of them",
  ],
  [
    "RSTUF: revoked keys stay in targets",
    "application/tuf-revocation.test.ts",
    "of the bins' key takes effect at once",
  ],
  [
    "Notary 1636: who finds a version free inserts or replaces it, so that there are two contents under one version",
    "contract/tuf-store-signing.ts",
    "lets one of many concurrent signers win",
  ],
  [
    "ota-tuf: two writers read version 5, and both commit 6",
    "contract/tuf-store-snapshots.ts",
    "let one of many concurrent mergers win",
  ],
  [
    "Notary, ota-tuf: and nothing would notice",
    "integration/tuf-history.test.ts",
    "notices a store that lets two writers make the same version",
  ],
  [
    "python-tuf 650: a versioned file is overwritten, and clients keep what they have",
    "contract/metadata-files.ts",
    "are put once; the same content again is fine, other content is corrupt",
  ],
  [
    "root-signing 171, specification 223: a client that read root before new keys refuses the timestamp after them",
    "conformance/tuf-js-transitions.test.ts",
    "finishes what it began with the root before the one that is published late",
  ],
  [
    "tuf-js: members whose names look like integers change places, so that the signature is refused",
    "domain/tuf/role-name.test.ts",
    "refuses what looks like an integer, a path or nothing",
  ],
  [
    "tuf-js alone: reads times with milliseconds, which other clients refuse",
    "domain/tuf/expiry.test.ts",
    "is a whole second at most the lifetime away, written as every client reads it",
  ],
];

test.each(GUARDS)("%s: %s says so", async (_, file, title) => {
  const text = await readFile(new URL(`../${file}`, import.meta.url), "utf8");
  expect(text).toContain(title);
});

const DAY = 24 * 3_600_000;

describe("a fault that others had", () => {
  let world: TufWorld;
  let client: TufClient;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ world, client, remove } = await servedWorld("kept"));
  });
  afterEach(() => remove());

  const publish = () => world.publisher().publish("main");

  it("RSTUF: a path that changes while it is published is marked published with its old content", async () => {
    const changed = targetOf("changed meanwhile");
    await world.add("path");
    const { store } = world.ports;
    let isMeanwhile = true;
    const meeting = overridden(store, {
      commitSnapshot: async (...commit) => {
        if (isMeanwhile) await addTargets(world.ports, "main", new Map([["path", changed]]));
        isMeanwhile = false;
        return store.commitSnapshot(...commit);
      },
    });
    await world.publisher({ store: meeting }).publish("main");
    expect((await world.published()).get("path")).toBe(targetOf("path").sha256);
    const unpublished = [];
    for await (const { path, change, target } of unpublishedTargets(world.ports, "main")) {
      unpublished.push([path, change, target?.sha256]);
    }
    expect(unpublished).toEqual([["path", "changed", changed.sha256]]);
    await publish();
    expect((await world.published()).get("path")).toBe(changed.sha256);
  });

  it("RSTUF 328: expiry bumps of a scheduler in every worker, and a publish, raise one version twice", async () => {
    const { roles, files } = world.state.repositories.get("main")!;
    const versions = () => [...roles.values()].map(({ name, metadataVersion }) => [name, metadataVersion] as const);
    const before = new Map(versions());
    world.clock.time += 65 * DAY;
    await world.add("added");
    // With clocks of their own, or they would sign the same bytes.
    const worker = (seconds: number) => world.publisher({ clock: new TestClock(world.clock.time + seconds * 1_000) });
    await Promise.all([worker(0).publish("main"), ...[1, 2, 3].map((seconds) => worker(seconds).renew("main"))]);
    await publish();
    const bins = versions().filter(([name]) => name.startsWith("bins-"));
    expect(bins).toEqual(bins.map(([name]) => [name, before.get(name)! + 1]));
    const history = historyOf(await storedFiles(world.ports, "main", [...files.values()]), world.ports.codec);
    expectSnapshotsToGrow(history);
    expectTimestampsToRise(history);
    expectAllToVerify(history, world.ports);
    await expectPublishedAsStored(history, world.metadata);
    expect(await client.download("kept", "added")).toEqual(["kept", "added"]);
  });

  it("RSTUF 789: the end of a delegation changes the current snapshot in place, and its beginning is in none", async () => {
    await addDelegation(world.ports, "main", { role: "team", paths: ["team/*"] });
    await world.add("team/new");
    await publish();
    expect(await client.download("team/new", "kept")).toEqual(["team/new", "kept"]);
    const names = (await readdir(world.metadata)).filter((name) => /^\d/.test(name));
    const contents = () => Promise.all(names.map((name) => readFile(join(world.metadata, name), "utf8")));
    const before = await contents();
    await removeDelegation(world.ports, "main", "team", { withTargets: true });
    expect(await contents()).toEqual(before);
    await publish();
    expect(await contents()).toEqual(before);
    expect(await client.download("team/new", "kept")).toEqual([undefined, "kept"]);
  });

  it("RSTUF: the newest version is told from what the storage lists", async () => {
    let last = 0;
    // From 10 on the order of names is not that of versions.
    for (let round = 1; last < 11; round++) {
      await world.add(`${round}`);
      last = (await publish()).snapshotVersion;
    }
    for (const role of ["root", "targets", "snapshot", "bins-0", "bins-1", "bins-2", "bins-3"]) {
      await writeFile(join(world.metadata, `99.${role}.json`), "{}");
    }
    await world.add("added");
    expect((await publish()).snapshotVersion).toBe(last + 1);
    expect(await client.download("kept", "added")).toEqual(["kept", "added"]);
  });
});
