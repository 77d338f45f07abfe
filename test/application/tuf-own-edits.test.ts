import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { binOf } from "../../domain/tuf/hash-bins.js";
import type { SignerSource } from "../../domain/tuf/key-store.js";
import { TufRepositoryService } from "../../src/application/tuf/tuf-repository-service.js";
import { overridden } from "../support/overridden.js";
import { hashesOf, makeTufWorld, targetOf, type TufWorld } from "./tuf-world.js";

/** More than are signed and merged in one commit. */
const BINS = 140;

/** How often bins are signed where two processes publish at once, or meet in one group. */
describe("publishing beside others", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld(512);
  });
  afterEach(() => world.remove());

  /** A process of its own, which counts the signatures of bins; `lacking` is a role whose key is elsewhere. */
  function process(
    store = world.ports.store,
    lacking?: "snapshot",
  ): { tuf: TufRepositoryService; signed: () => number } {
    let signed = 0;
    const { keys } = world.ports;
    const counting = overridden(keys, {
      load: async (keyId) => {
        const signer = await keys.load(keyId);
        const repository = await world.ports.store.repository("main");
        if (lacking && repository!.trust[lacking].keyIds.includes(keyId)) return undefined;
        if (signer === undefined || !repository!.trust.bins.keyIds.includes(keyId)) return signer;
        return { ...signer, keyId, publicKey: signer.publicKey, sign: (bytes) => (signed++, signer.sign(bytes)) };
      },
    } satisfies Partial<SignerSource>);
    // Of others' roles every process begins with the first.
    const tuf = new TufRepositoryService({ ...world.ports, store, keys: counting, random: () => 0 }, "main");
    return { tuf, signed: () => signed };
  }

  const binOfPath = (path: string) => binOf({ bitLength: 9, namePrefix: "bins" }, world.ports.codec.pathDigest(path));

  /** Paths of bins that are different, as many as asked for, for each of the lists. */
  function pathsOfBins(lists: number): string[][] {
    const ofBins = new Map<string, string>();
    for (let index = 0; ofBins.size < lists * BINS; index++) {
      const path = `packages/${index}`;
      ofBins.set(binOfPath(path), path);
    }
    const paths = [...ofBins.values()];
    return Array.from({ length: lists }, (_, list) => paths.slice(list * BINS, (list + 1) * BINS));
  }

  const targetsOf = (paths: readonly string[]) => new Map(paths.map((path) => [path, targetOf(path)]));

  it("signs what this process edited, and leaves to others what they edited", async () => {
    const [mine, theirs] = pathsOfBins(2) as [string[], string[]];
    const [me, other] = [process(), process()];
    await Promise.all([me.tuf.add(targetsOf(mine)), other.tuf.add(targetsOf(theirs))]);
    await Promise.all([me.tuf.publish(), other.tuf.publish()]);
    expect(await world.published()).toEqual(hashesOf(...mine, ...theirs));
    expect([me.signed(), other.signed()]).toEqual([BINS, BINS]);
  });

  it("publishes what a process left that did not publish", async () => {
    const [mine, theirs] = pathsOfBins(2) as [string[], string[]];
    const [me, gone] = [process(), process()];
    await Promise.all([me.tuf.add(targetsOf(mine)), gone.tuf.add(targetsOf(theirs))]);
    expect(await me.tuf.publish()).toMatchObject({ committed: "snapshot" });
    expect(await world.published()).toEqual(hashesOf(...mine, ...theirs));
    expect(me.signed()).toBe(2 * BINS);
  });

  it("signs for whoever has it what it cannot merge without the snapshot's key, its own and what others left", async () => {
    const [mine, theirs] = pathsOfBins(2) as [string[], string[]];
    const [me, gone, whole] = [process(world.ports.store, "snapshot"), process(), process()];
    await Promise.all([me.tuf.add(targetsOf(mine)), gone.tuf.add(targetsOf(theirs))]);
    await expect(me.tuf.publish()).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
    await whole.tuf.publish();
    expect(await world.published()).toEqual(hashesOf(...mine, ...theirs));
    expect([me.signed(), whole.signed()]).toEqual([2 * BINS, 0]);
  });

  it("signs again only what somebody else signed meanwhile", async () => {
    const [paths] = pathsOfBins(1) as [string[]];
    const { store } = world.ports;
    const other = process();
    let isFirst = true;
    const overtaken = overridden(store, {
      commitSignedRoles: async (name, commits) => {
        if (isFirst) {
          isFirst = false;
          await other.tuf.publishOnly(paths.filter((path) => binOfPath(path) === commits[0]!.file.role));
        }
        return store.commitSignedRoles(name, commits);
      },
    });
    const { tuf, signed } = process(overtaken);
    await tuf.add(targetsOf(paths));
    await tuf.publish();
    expect(await world.published()).toEqual(hashesOf(...paths));
    expect([signed(), other.signed()]).toEqual([BINS, 1]);
  });
});
