import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { binNames, binOf } from "../../domain/tuf/hash-bins.js";
import { listedAs } from "../../domain/tuf/prefix-bins.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { ForeignDirectory } from "../../infrastructure/storage/foreign-directory.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { alterDelegation } from "../../src/application/tuf/delegations/alter-delegation.js";
import { delegationStatuses } from "../../src/application/tuf/delegations/delegation-status.js";
import { signDelegation } from "../../src/application/tuf/delegations/delegation-signing.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { importTufRepository } from "../../src/application/tuf/import/import-tuf-repository.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import { digestOf } from "../contract/tuf-store-fixture.js";
import type { ForeignPlace } from "./foreign-place.js";
import {
  type ForeignKey,
  foreignKey,
  foreignPemKey,
  foreignRole as role,
  foreignTargets as targetsAt,
} from "./foreign-repository.js";
import { foreignWorld, importOnlineKeys } from "./foreign-world.js";

const [ADA, BEN, DOCS, API] = [foreignKey(), foreignPemKey("ben", "ecdsa"), foreignKey(), foreignKey()];
const DAY = 24 * 3_600_000;

type Json = Record<string, unknown>;

describe("custom roles below custom roles, which other tools made", () => {
  let world: TufWorld;
  let place: ForeignPlace;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ world, place, remove } = await foreignWorld());
  });
  afterEach(() => remove());

  const imported = (source = place.source, name = "main") =>
    importTufRepository({ ...world.ports, source }, { name, bins: 4 });
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
  const isKept = async (name: string) => {
    expect(await readFile(join(world.metadata, name))).toEqual(await readFile(join(place.writer.directory, name)));
  };
  const stated = async (file: string) => {
    const { signed } = JSON.parse(await readFile(join(world.metadata, file), "utf8")) as { signed: Json };
    return signed["delegations"] as { readonly keys: Json; readonly roles: readonly Json[] };
  };
  const published = async () => {
    const found: string[] = [];
    for await (const { path } of verifyTufRepository(world.ports, world.clock.now())) found.push(path);
    return found.sort();
  };

  const paths = ["own/1", "team/1", "team/doc-1", "team/doc-api-1", "team/doc-2", "team/a.whl", "team/b.whl", "z/1"];

  /**
   * targets: team (two keys, terminating): docs: api; wheels, with hash bins; then z.
   * @param bins how wheels delegates to its bins
   */
  async function writeTree(bins: "succinct" | "prefixes" = "succinct", namePrefix = "wheels-bins"): Promise<void> {
    const { writer } = place;
    const hashBins = { bitLength: 2, namePrefix };
    const keys = writer.keysOf(DOCS);
    const trust = { keyIds: [DOCS.keyId], threshold: 1 };
    const succinct = { keyids: [DOCS.keyId], threshold: 1, bit_length: 2, name_prefix: namePrefix };
    const below =
      bins === "succinct" ? { succinct_roles: succinct } : { roles: listedAs(hashBins, trust).toReversed() };
    const inTeam = [
      role("docs", [DOCS], ["team/doc-*"]),
      role("wheels", [DOCS], ["team/*.whl"], { "x-note": "of theirs" }),
    ];
    const inDocs = [role("api", [API], ["team/doc-api-*"], { terminating: true })];
    await writer.targets("team", 5, targetsAt("team/1"), { keys, roles: inTeam }, [ADA, BEN]);
    await writer.targets(
      "docs",
      6,
      targetsAt("team/doc-1", "team/doc-2"),
      { keys: writer.keysOf(API), roles: inDocs },
      [DOCS],
    );
    await writer.targets("api", 7, targetsAt("team/doc-api-1"), undefined, [API]);
    await writer.targets("wheels", 8, {}, { keys, ...below }, [DOCS]);
    for (const bin of binNames(hashBins)) {
      const held = ["team/a.whl", "team/b.whl"].filter((path) => binOf(hashBins, digestOf(path)) === bin);
      await writer.targets(bin, 9, targetsAt(...held), undefined, [DOCS]);
    }
    await writer.targets("z", 4, targetsAt("z/1"), undefined, [DOCS]);
    const roles = [role("team", [ADA, BEN], ["team/*"], { terminating: true }), role("z", [DOCS], ["z/*"])];
    await writer.targets("targets", 3, targetsAt("own/1"), { keys: writer.keysOf(ADA, BEN, DOCS), roles });
    await writer.snapshot(23, 41);
  }

  it.each([
    ["succinct", "wheels"],
    ["prefixes", "wheels"],
    ["succinct", "wheels-bins"],
  ] as const)("stay as they were signed, bins by %s named %s-… too", async (bins, namePrefix) => {
    await writeTree(bins, namePrefix);
    await place.show();
    const client = await place.client();
    expect(await client.download(...paths)).toEqual(paths);
    const report = await imported();
    expect(report).toMatchObject({ targets: paths.length, customRoles: ["team", "docs", "api", "wheels", "z"] });
    for (const name of ["5.team", "6.docs", "7.api", "8.wheels", `9.${namePrefix}-2`, "4.z"])
      await isKept(`${name}.json`);
    await place.show(world.metadata);
    expect(await client.download(...paths, "team/none")).toEqual([...paths, undefined]);
    expect(await published()).toEqual([...paths].sort());
    expect(await delegationStatuses(world.ports, "main")).toMatchObject([
      { role: "team", above: undefined, metadataVersion: 5, keys: 2, threshold: 2, isUnsigned: false },
      { role: "docs", above: "team", metadataVersion: 6, keys: 1 },
      { role: "api", above: "docs", metadataVersion: 7, keys: 1, terminating: true },
      { role: "wheels", above: "team", metadataVersion: 8, bins: 4 },
      { role: "z", above: undefined, metadataVersion: 4 },
    ]);
    expect(await publish()).toMatchObject({ rolesSigned: [], awaiting: [], committed: "nothing" });
  });

  it("are edited and renewed with their keys, each for what is delegated to it", async () => {
    await writeTree();
    await imported();
    await place.show(world.metadata);
    const client = await place.client();
    await world.add("team/doc-api-2", "team/doc-3", "team/c.whl", "new");
    await world.ports.keys.importKey(DOCS.pem);
    expect((await publish()).awaiting).toEqual(["api"]);
    const added = ["team/doc-3", "team/c.whl", "new"];
    expect(await client.download("team/doc-api-2", ...added, ...paths)).toEqual([undefined, ...added, ...paths]);
    await sign("api", API);
    await publish();
    added.push("team/doc-api-2");
    expect(await client.download(...added, ...paths)).toEqual([...added, ...paths]);
    expect((await stated("7.docs.json")).roles).toEqual([
      role("api", [API], ["team/doc-api-*"], { terminating: true }),
    ]);

    await world.add("team/2");
    expect((await publish()).awaiting).toEqual(["team"]);
    await sign("team", ADA, BEN);
    await publish();
    added.push("team/2");
    expect(await client.download(...added, ...paths)).toEqual([...added, ...paths]);
    const ofTeam = await stated("6.team.json");
    expect(ofTeam.roles.map(({ name }) => name)).toEqual(["docs", "wheels"]);
    expect(Object.keys(ofTeam.keys)).toEqual([DOCS.keyId]);

    world.clock.time += 310 * DAY;
    await world.publisher().renew("main");
    await sign("team", ADA, BEN);
    await sign("api", API);
    expect((await publish()).awaiting).toEqual([]);
    expect(await client.download(...added, ...paths)).toEqual([...added, ...paths]);
    expect(await published()).toEqual([...added, ...paths].sort());
  });

  it("take new keys together with all that they are below", async () => {
    await writeTree();
    await imported();
    await place.show(world.metadata);
    const client = await place.client();
    const next = foreignKey();
    await world.ports.keys.importKey(DOCS.pem);
    const change = replaceKey(["api"], API.keyId, { keyId: next.keyId, publicKey: next.publicKey as never });
    await changeTrust(world.ports, "main", change);
    // Whoever is above has to state it, so that the two below `team` wait for it, and it for them.
    expect((await publish()).awaiting).toEqual(["api", "team"]);
    expect((await publish()).rolesSigned).toEqual([]);
    expect(await client.download(...paths)).toEqual(paths);
    await sign("team", ADA, BEN);
    expect((await publish()).rolesSigned).toEqual([]);
    await sign("api", next);
    const { rolesSigned, awaiting } = await publish();
    expect([rolesSigned.map((one) => one.role).sort(), awaiting]).toEqual([["api", "docs", "targets", "team"], []]);
    expect(await client.download(...paths)).toEqual(paths);
    expect(Object.keys((await stated("7.docs.json")).keys)).toEqual([next.keyId]);
    await world.add("team/doc-api-9");
    await publish();
    await sign("api", next);
    await publish();
    expect(await client.download("team/doc-api-9", ...paths)).toEqual(["team/doc-api-9", ...paths]);
  });

  it("come, change and go below others", async () => {
    await writeTree();
    await imported();
    await place.show(world.metadata);
    const client = await place.client();
    for (const key of [ADA, BEN, DOCS, API]) await world.ports.keys.importKey(key.pem);
    await addDelegation(world.ports, "main", { role: "late", paths: ["team/late-*"], below: "team", before: "docs" });
    await world.add("team/late-1");
    const signed = (await publish()).rolesSigned.map((one) => one.role);
    expect(signed.sort()).toEqual(["late", "targets", "team"]);
    expect(await client.download("team/late-1", ...paths)).toEqual(["team/late-1", ...paths]);

    await expect(alterDelegation(world.ports, "main", "docs", { paths: ["team/doc-1"] })).rejects.toMatchObject({
      code: "INVALID_DELEGATION",
    });
    await expect(alterDelegation(world.ports, "main", "team", { paths: ["team/doc-?"] })).rejects.toMatchObject({
      code: "INVALID_DELEGATION",
    });
    await alterDelegation(world.ports, "main", "docs", { before: null, terminating: true });
    await publish();
    expect((await stated("7.team.json")).roles.map(({ name }) => name)).toEqual(["late", "wheels", "docs"]);
    expect(await client.download("team/late-1", ...paths)).toEqual(["team/late-1", ...paths]);

    await expect(removeDelegation(world.ports, "main", "docs")).rejects.toMatchObject({ code: "ROLE_NOT_EMPTY" });
    await removeDelegation(world.ports, "main", "docs", { withTargets: true });
    await publish();
    const left = paths.filter((path) => !path.startsWith("team/doc-"));
    expect(await published()).toEqual(["team/late-1", ...left].sort());
    expect(await client.download("team/doc-1", "team/doc-api-1", ...left)).toEqual([undefined, undefined, ...left]);
    await removeDelegation(world.ports, "main", "team", { withTargets: true });
    await publish();
    expect(await client.download("team/1", "own/1", "z/1")).toEqual([undefined, "own/1", "z/1"]);
    const revived = { role: "team", paths: ["team/*"] };
    await addDelegation(world.ports, "main", revived);
    await world.add("team/1");
    await publish();
    expect(await client.download("team/1", "own/1", "z/1")).toEqual(["team/1", "own/1", "z/1"]);
  });

  it("are imported from what we published ourselves, catch-all and bins included", async () => {
    await writeTree();
    await imported();
    for (const key of [ADA, BEN, DOCS, API]) await world.ports.keys.importKey(key.pem);
    await world.add("team/doc-api-2", "team/2", "files/1", "files/2");
    await publish();
    const all = await published();
    const other = await makeTufWorld(4, world.clock.now(), "none");
    await importOnlineKeys(other, place);
    const source = new ForeignDirectory(world.metadata);
    const client = await place.client();
    expect(await client.download(...all)).toEqual(all);
    await importTufRepository({ ...other.ports, source }, { name: "main", bins: 16 });
    await place.show(other.metadata);
    expect(await client.download(...all)).toEqual(all);
    const found: string[] = [];
    for await (const { path } of verifyTufRepository(other.ports, other.clock.now())) found.push(path);
    expect(found.sort()).toEqual(all);
    await other.remove();
  });

  it("are refused where one file of them was changed, with its name", async () => {
    await writeTree();
    const file = join(place.writer.directory, "7.api.json");
    await writeFile(file, (await readFile(file, "utf8")).replace("kept", "left"));
    await expect(imported()).rejects.toMatchObject({ code: "UNVERIFIED_METADATA", message: /7\.api\.json/ });
    expect(world.state.repositories.size).toBe(0);
  });
});
