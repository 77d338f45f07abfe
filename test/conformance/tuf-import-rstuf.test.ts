import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { ForeignDirectory } from "../../infrastructure/storage/foreign-directory.js";
import { signDelegation } from "../../src/application/tuf/delegations/delegation-signing.js";
import { importTufRepository } from "../../src/application/tuf/import/import-tuf-repository.js";
import { proposeRoot } from "../../src/application/tuf/trust/propose-root.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import { type ForeignKey, foreignKey, sha256 } from "./foreign-repository.js";
import { artifact, RstufRepository } from "./rstuf-repository.js";
import { serve, TufClient } from "./tuf-client.js";

// RSA keys take a while to make.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const DAY = 24 * 3_600_000;
const BINS = { bitLength: 3, namePrefix: "bins" };
const PATHS = Array.from({ length: 20 }, (_, index) => `dist/release-${index}/package-${index}.tar.gz`);
const artifacts = (paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, artifact(path)]));

type Document = { readonly signed: Record<string, Record<string, Record<string, unknown>>> };

describe("a repository as RSTUF lays it out", () => {
  let world: TufWorld;
  let directory: string;
  let theirs: string;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    world = await makeTufWorld(4, Date.now(), "none");
    directory = await mkdtemp(join(tmpdir(), "distinction-rstuf-"));
    theirs = join(directory, "theirs");
    closing.push(
      () => rm(directory, { recursive: true }),
      () => world.remove(),
    );
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const show = async (metadata: string) => {
    await rm(join(directory, "address"), { recursive: true, force: true });
    await cp(metadata, join(directory, "address"), { recursive: true });
  };
  /** A client that trusts the first root. */
  const client = async () => {
    const server = await serve(join(directory, "address"), (path) => Buffer.from(path));
    const made = await TufClient.trusting(join(theirs, "1.root.json"), server.url);
    closing.push(
      () => made.remove(),
      () => server.close(),
    );
    return made;
  };
  const imported = async (online: ForeignKey) => {
    await world.ports.keys.importKey(online.pem);
    return importTufRepository({ ...world.ports, source: new ForeignDirectory(theirs) }, { name: "main", bins: 16 });
  };
  const publish = async () => {
    const report = await world.publisher().publish("main");
    await show(world.metadata);
    return report;
  };
  const personWith = async (key: ForeignKey) => {
    const person = new KeyFiles(join(directory, `keys-${key.keyId.slice(0, 8)}`), world.ports.codec);
    await person.importKey(key.pem);
    return { ...world.ports, keys: person };
  };
  const written = async (name: string) => JSON.parse(await readFile(join(world.metadata, name), "utf8")) as Document;

  it("with succinct bins goes on under its clients, whatever they have read of it", async () => {
    const rstuf = await RstufRepository.bootstrap(theirs, BINS, world.clock.now());
    await show(theirs);
    const first = await client();
    expect(await first.download(PATHS[0]!)).toEqual([undefined]);
    await rstuf.add(artifacts(PATHS.slice(0, 15)));
    await show(theirs);
    const second = await client();
    expect(await second.download(...PATHS)).toEqual([...PATHS.slice(0, 15), ...PATHS.slice(15).map(() => undefined)]);
    await rstuf.replaceOnlineKey();
    await rstuf.add(artifacts(PATHS.slice(15)));
    await show(theirs);
    const third = await client();
    expect(await third.download(...PATHS)).toEqual(PATHS);
    expect(await readdir(theirs)).toEqual(expect.arrayContaining(["2.root.json", "1.bins-0.json", "timestamp.json"]));

    const report = await imported(rstuf.online);
    expect(report).toMatchObject({ targets: PATHS.length, customRoles: [], rootVersion: 2, expired: [] });
    await show(world.metadata);
    for (const one of [first, second, third]) expect(await one.download(...PATHS)).toEqual(PATHS);
    expect(await publish()).toMatchObject({ rolesSigned: [], committed: "nothing" });

    await world.add("dist/new", PATHS[0]!);
    await publish();
    for (const one of [first, third]) expect(await one.download("dist/new", ...PATHS)).toEqual(["dist/new", ...PATHS]);
    // What is not edited keeps its custom metadata.
    const updater = await second.refreshed();
    expect((await updater.getTargetInfo(PATHS[1]!))?.custom).toEqual({ key: "value", nested: [1] });

    // The people of their ceremony sign the next root, and what RSTUF noted of keys stays in it.
    await proposeRoot(world.ports, "main");
    for (const person of rstuf.people.slice(1)) await signRoot(await personWith(person), "main");
    world.clock.time += 2 * DAY;
    await world.publisher().renew("main");
    await publish();
    const { keys } = (await written("3.root.json")).signed;
    expect(Object.values(keys!).map((key) => key["x-rstuf-key-name"])).toEqual(
      expect.arrayContaining(["Ada's Key", "Ben's Key", "Cem's Key", "New Online Key"]),
    );
    expect(keys![rstuf.online.keyId]).toMatchObject({ "x-rstuf-online-key-uri": `fn:${rstuf.online.keyId}` });
    for (const one of [first, second, third]) expect(await one.download("dist/new")).toEqual(["dist/new"]);
  });

  it("with custom roles keeps them as they were signed, with the lifetimes that it states", async () => {
    const people = [foreignKey(), foreignKey(), foreignKey()];
    const rstuf = await RstufRepository.bootstrap(
      theirs,
      [
        { name: "nightly", paths: ["nightly/*"], expirePolicy: 7 },
        { name: "stable", paths: ["stable/*", "lts/*"], keys: people, threshold: 2, expirePolicy: 90 },
        { name: "fastapi", paths: ["fastapi/*"], bitLength: 1, expirePolicy: 30 },
      ],
      world.clock.now(),
    );
    const paths = ["nightly/1", "nightly/2", "stable/1", "lts/1", "fastapi/1", "fastapi/2", "fastapi/3"];
    await rstuf.add(artifacts(paths));
    await show(theirs);
    const held = await client();
    expect(await held.download(...paths)).toEqual(paths);

    expect(await imported(rstuf.online)).toMatchObject({ targets: 7, customRoles: ["nightly", "stable", "fastapi"] });
    await show(world.metadata);
    expect(await held.download(...paths)).toEqual(paths);
    for (const name of ["2.nightly.json", "2.stable.json", "1.fastapi.json"]) {
      expect(await readFile(join(world.metadata, name))).toEqual(await readFile(join(theirs, name)));
    }
    const { customRoles } = (await world.ports.store.repository("main"))!;
    expect(customRoles.map(({ expiry }) => expiry.lifetime / DAY)).toEqual([7, 90, 30]);

    // The online key signs its role at once, the people theirs when they like; other paths have bins now.
    await world.add("nightly/3", "stable/2", "fastapi/4", "elsewhere");
    expect((await publish()).awaiting).toEqual(["stable"]);
    expect(await held.download("nightly/3", "fastapi/4", ...paths)).toEqual(["nightly/3", "fastapi/4", ...paths]);
    for (const person of people.slice(1)) await signDelegation(await personWith(person), "main", "stable");
    await publish();
    expect(await held.download("stable/2", ...paths)).toEqual(["stable/2", ...paths]);
    const lifetimes = (await world.ports.store.roleStates("main", ["nightly", "stable"])).map(
      ({ expiresAt }) => (expiresAt - world.clock.now()) / DAY,
    );
    expect(lifetimes.map(Math.round)).toEqual([7, 90]);
  });

  it.each([
    ["too long", 1_000_000],
    ["no number", "soon"],
  ])("has roles live as long as targets where the lifetime that it states is %s", async (_, expirePolicy) => {
    const role = { name: "nightly", paths: ["nightly/*"], expirePolicy: 1 };
    const rstuf = await RstufRepository.bootstrap(theirs, [role], world.clock.now());
    Object.assign(role, { expirePolicy });
    await rstuf.publish(["targets"]);
    await imported(rstuf.online);
    const { customRoles, expiry } = (await world.ports.store.repository("main"))!;
    expect(customRoles[0]!.expiry).toEqual(expiry.targets);
  });

  it("with a role that people have yet to sign is refused by its name", async () => {
    const role = { name: "stable", paths: ["stable/*"], keys: [foreignKey()], expirePolicy: 90 };
    const rstuf = await RstufRepository.bootstrap(theirs, [role], world.clock.now());
    await rstuf.publishUnsigned("stable");
    await expect(imported(rstuf.online)).rejects.toMatchObject({
      code: "UNVERIFIED_METADATA",
      message: "nothing lists stable.json: role stable was never published",
    });
    expect(world.state.repositories.size).toBe(0);
  });

  it("with artifacts that have no SHA-256 is refused by their paths", async () => {
    const rstuf = await RstufRepository.bootstrap(theirs, BINS, world.clock.now());
    await rstuf.add({ "dist/old": { length: 3, hashes: { "blake2b-256": sha256("any") } } });
    await expect(imported(rstuf.online)).rejects.toMatchObject({
      code: "INVALID_TARGET",
      message: expect.stringContaining("dist/old") as string,
    });
    expect(world.state.repositories.size).toBe(0);
  });

  it("is refused where one of its files was changed after it was signed", async () => {
    const rstuf = await RstufRepository.bootstrap(theirs, BINS, world.clock.now());
    await rstuf.add(artifacts(PATHS));
    const file = join(theirs, "2.bins-3.json");
    await writeFile(file, (await readFile(file, "utf8")).replace('"value"', '"other"'));
    await expect(imported(rstuf.online)).rejects.toMatchObject({ code: "THRESHOLD_NOT_MET", message: /bins-3/ });
  });
});
