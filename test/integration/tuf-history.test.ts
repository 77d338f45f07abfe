import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SnapshotSigned, TargetsSigned, TimestampSigned } from "../../domain/tuf/metadata-document.js";
import { replaceKey } from "../../domain/tuf/trust-change.js";
import type { TufStore } from "../../domain/tuf/tuf-store.js";
import { MemoryTufStore } from "../../infrastructure/memory/tuf-store.js";
import { changeTrust } from "../../src/application/tuf/trust/change-trust.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import { storedFiles } from "../../src/application/tuf/stored-files.js";
import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import {
  expectAllToVerify,
  expectKept,
  expectSnapshotsToGrow,
  expectTimestampsToRise,
  type History,
  historyOf,
  type KeptFile,
} from "./tuf-history.js";
import { expectPublishedAsStored } from "./tuf-invariants.js";
import { binOfPath, pathsOf } from "./tuf-place.js";

const PATH = "kept";
const BIN = binOfPath(PATH);
const OTHER_BIN = BIN === "bins-0" ? "bins-1" : "bins-0";

/** Checks are worth what they notice: each is shown a history in which one thing is wrong. */
describe("the check of invariants", () => {
  let world: TufWorld;
  let history: Map<string, Map<number, KeptFile>>;
  beforeEach(async () => {
    world = await makeTufWorld();
    for (const path of [PATH, ...pathsOf("later", 2, BIN)]) {
      await world.add(path);
      await world.publisher().publish("main");
    }
    const next = await world.ports.keys.generate();
    const [former] = (await world.ports.store.repository("main"))!.trust.timestamp.keyIds;
    await changeTrust(world.ports, "main", replaceKey(["timestamp"], former!, next));
    await signRoot(world.ports, "main");
    await world.publisher().publish("main");
    history = new Map(Array.from(await historyIn(world), ([role, files]) => [role, new Map(files)]));
  });
  afterEach(() => world.remove());

  const since = new Map([[PATH, 2]]);
  const check = async (): Promise<void> => {
    expectSnapshotsToGrow(history);
    expectTimestampsToRise(history);
    expectAllToVerify(history, world.ports);
    expectKept(history, since);
    await expectPublishedAsStored(history, world.metadata);
  };

  /** The file with other content, as if it were signed so. */
  function rewrite<T>(role: string, version: number, change: (signed: T) => T): void {
    const file = history.get(role)!.get(version)!;
    const signed = change(structuredClone(file.document.signed) as T) as KeptFile["document"]["signed"];
    history.get(role)!.set(version, { ...file, document: { ...file.document, signed } });
  }

  const withMeta = (signed: SnapshotSigned, name: string, version: number | undefined): SnapshotSigned => {
    const { [name]: _, ...others } = signed.meta;
    return { ...signed, meta: version === undefined ? others : { ...others, [name]: { version } } };
  };

  it("finds nothing where nothing is wrong", async () => {
    expect(history.get("snapshot")!.size).toBeGreaterThanOrEqual(5);
    await check();
  });

  it("notices an entry that a snapshot forgot, and one that fell (I3)", () => {
    rewrite<SnapshotSigned>("snapshot", 3, (signed) => withMeta(signed, `${OTHER_BIN}.json`, undefined));
    expect(() => expectSnapshotsToGrow(history)).toThrow(`${OTHER_BIN}.json in snapshot 3`);
    rewrite<SnapshotSigned>("snapshot", 3, (signed) => withMeta(signed, `${OTHER_BIN}.json`, 1));
    expectSnapshotsToGrow(history);
    rewrite<SnapshotSigned>("snapshot", 4, (signed) => withMeta(signed, `${BIN}.json`, 2));
    expect(() => expectSnapshotsToGrow(history)).toThrow(`${BIN}.json in snapshot 4`);
  });

  it("notices a file that only an older snapshot lists and that is gone (I4)", () => {
    history.get(BIN)!.delete(2);
    expect(() => expectSnapshotsToGrow(history)).toThrow(`${BIN}.json 2 of snapshot 2 is there`);
    expect(() => expectAllToVerify(history, world.ports)).toThrow(`${BIN} is missing`);
  });

  it.each([
    ["timestamp", 1, "timestamp 1: one root's keys"],
    ["snapshot", 2, "timestamp 2: one root's keys"],
    ["targets", 1, "timestamp 1: one root's keys"],
    [BIN, 2, `timestamp 2: ${BIN} is signed`],
    ["root", 2, "root 2 is signed"],
  ])("notices a signature of another key on %s %i, which nothing current needs (I4)", (role, version, message) => {
    const file = history.get(role)!.get(version)!;
    const [signature] = history.get("snapshot")!.get(1)!.document.signatures;
    const signatures = file.document.signatures.map(({ keyid }) => ({ ...signature!, keyid }));
    history.get(role)!.set(version, { ...file, document: { ...file.document, signatures } });
    expect(() => expectAllToVerify(history, world.ports)).toThrow(message);
  });

  it("notices a timestamp whose snapshot falls, or is another than it says (I5)", () => {
    const named = (version: number) => (signed: TimestampSigned) => ({
      ...signed,
      meta: { "snapshot.json": { ...signed.meta["snapshot.json"], version } },
    });
    const original = history.get("timestamp")!.get(3)!;
    rewrite("timestamp", 3, named(1));
    expect(() => expectTimestampsToRise(history)).toThrow("the snapshot of timestamp 3");
    history.get("timestamp")!.set(3, original);
    const snapshot = history.get("snapshot")!.get(3)!;
    history.get("snapshot")!.set(3, { ...snapshot, sha256: "0".repeat(64) });
    expect(() => expectTimestampsToRise(history)).toThrow("expected");
  });

  it("notices a target that one snapshot in between lacks, and one in another bin too (I6)", () => {
    rewrite<TargetsSigned>(BIN, 3, (signed) => ({ ...signed, targets: {} }));
    expect(() => expectKept(history, since)).toThrow(`${PATH} in snapshot 3`);
    rewrite<TargetsSigned>(BIN, 3, (signed) => ({ ...signed, targets: { [PATH]: { length: 1, hashes: {} } } }));
    expectKept(history, since);
    rewrite<TargetsSigned>(OTHER_BIN, 1, (signed) => ({ ...signed, targets: { [PATH]: { length: 1, hashes: {} } } }));
    expect(() => expectKept(history, since)).toThrow(`${PATH} in snapshot 2`);
  });

  it("notices a published file that is not the database's, and one that is not there", async () => {
    await writeFile(join(world.metadata, `2.${BIN}.json`), "{}");
    await expect(expectPublishedAsStored(history, world.metadata)).rejects.toThrow(`2.${BIN}.json`);
    await rm(join(world.metadata, `2.${BIN}.json`));
    await expectPublishedAsStored(history, world.metadata); // nothing current names it
    const newest = (await readdir(world.metadata))
      .filter((name) => name.endsWith(`.${BIN}.json`))
      .sort()
      .at(-1)!;
    await rm(join(world.metadata, newest));
    await expect(expectPublishedAsStored(history, world.metadata)).rejects.toThrow(newest);
  });

  // As one known server checks that a version is free, then inserts or replaces it; as another has two writers read 5 and commit 6.
  it("notices a store that lets two writers make the same version", async () => {
    const careless = new CarelessStore(world);
    const publishers = [0, 1].map(() => world.publisher({ store: careless.store }));
    const [one, other] = pathsOf("twice", 2, BIN);
    await world.add(one!);
    const first = careless.beforeNextCommit(async () => {
      await world.add(other!);
      await publishers[1]!.publish("main");
    });
    await publishers[0]!.publish("main").catch(() => undefined); // may notice it itself
    await first;
    const now = await historyIn(world);
    await expect(expectPublishedAsStored(now, world.metadata)).rejects.toThrow(/\.json/);
  });
});

/** A store without compare-and-set: whatever is committed replaces what is there. */
class CarelessStore {
  readonly store: TufStore;
  #before: (() => Promise<void>) | undefined;
  #done: (() => void) | undefined;

  constructor(world: TufWorld) {
    const { roles, files } = world.state.repositories.get("main")!;
    const genuine = new MemoryTufStore(world.state);
    const isFree = (file: { role: string; metadataVersion: number }): void => {
      roles.get(file.role)!.metadataVersion = file.metadataVersion - 1;
      files.delete(`${file.role}/${file.metadataVersion}`);
    };
    const commitSnapshot: TufStore["commitSnapshot"] = async (repository, commit) => {
      const before = this.#before;
      this.#before = undefined;
      await before?.();
      this.#done?.();
      for (const file of [commit.timestamp, commit.snapshot, ...(commit.signed ?? []).map((signed) => signed.file)])
        isFree(file);
      return genuine.commitSnapshot(repository, commit);
    };
    this.store = new Proxy<TufStore>(genuine, {
      get: (target, name) => {
        if (name === "commitSnapshot") return commitSnapshot;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
  }

  /** Has another writer come in between what the next one read and what it commits. */
  beforeNextCommit(work: () => Promise<void>): Promise<void> {
    this.#before = work;
    return new Promise((resolve) => (this.#done = resolve));
  }
}

async function historyIn({ state, ports }: TufWorld): Promise<History> {
  const references = [...state.repositories.get("main")!.files.values()];
  return historyOf(await storedFiles(ports, "main", references), ports.codec);
}
