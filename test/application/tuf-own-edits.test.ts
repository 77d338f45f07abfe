import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../domain/distinction/clock.js";
import { binOf } from "../../domain/tuf/hash-bins.js";
import type { SignerSource } from "../../domain/tuf/key-store.js";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
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
    storage: Partial<MetadataFiles> = {},
    clock: Clock = world.clock,
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
    const files = overridden(world.ports.files, storage);
    const tuf = new TufRepositoryService(
      { ...world.ports, store, files, clock, keys: counting, random: () => 0 },
      "main",
    );
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

  it.each([10, BINS])(
    "signs what this process edited, and leaves to others the %i bins that they edited",
    async (bins) => {
      const [mine, theirs] = pathsOfBins(2).map((paths) => paths.slice(0, bins)) as [string[], string[]];
      const [me, other] = [process(), process()];
      await Promise.all([me.tuf.add(targetsOf(mine)), other.tuf.add(targetsOf(theirs))]);
      await Promise.all([me.tuf.publish(), other.tuf.publish()]);
      expect(await world.published()).toEqual(hashesOf(...mine, ...theirs));
      expect([me.signed(), other.signed()]).toEqual([bins, bins]);
    },
  );

  it("does not take for others' what it edits itself while it begins to publish", async () => {
    const [first, second] = pathsOfBins(2).map((paths) => paths.slice(0, 10)) as [string[], string[]];
    const commits: string[] = [];
    const { store } = world.ports;
    const { tuf } = process(
      overridden(store, {
        dueRoles: async (...asked) => {
          await tuf.add(targetsOf(second));
          return store.dueRoles(...asked);
        },
        commitSnapshot: (...commit) => (commits.push("at once"), store.commitSnapshot(...commit)),
        commitSignedRoles: (...commit) => (commits.push("in steps"), store.commitSignedRoles(...commit)),
      }),
    );
    await tuf.add(targetsOf(first));
    await tuf.publish();
    expect(commits).toEqual(["at once"]);
    expect(await world.published()).toEqual(hashesOf(...first, ...second));
  });

  it("puts the files that it committed, and writes of others' only what is not there by then", async () => {
    const [mine, theirs] = pathsOfBins(2).map((paths) => paths.slice(0, 50)) as [string[], string[]];
    const { files } = world.ports;
    const puts: { readonly names: readonly string[]; readonly created: number }[] = [];
    const stopped = process(world.ports.store, undefined, { putAll: () => Promise.reject(new Error("stopped")) });
    await stopped.tuf.add(targetsOf(theirs));
    await expect(stopped.tuf.publish()).rejects.toThrow("stopped");
    const late = process();
    const me = process(world.ports.store, undefined, {
      putAll: async (phases) => {
        const created = await files.putAll(phases);
        puts.push({ names: phases.flat().map(({ name }) => name), created: created.length });
        if (puts.length === 2) await late.tuf.publish(); // what is left, too
        return created;
      },
    });
    await me.tuf.add(targetsOf(mine));
    await me.tuf.publish();
    expect(puts[0]!.names).toEqual(expect.arrayContaining(mine.map((path) => `2.${binOfPath(path)}.json`)));
    expect(puts.map(({ names, created }) => [names.length, created])).toEqual([
      [50, 50],
      [32, 32],
      [18, 0],
      [1, 0], // the snapshot
    ]);
    expect(await world.published()).toEqual(hashesOf(...mine, ...theirs));
  });

  it("puts few files of others with its own, which then wait for one sync", async () => {
    const [mine, theirs] = pathsOfBins(2).map((paths) => paths.slice(0, 10)) as [string[], string[]];
    const { files } = world.ports;
    const puts: number[] = [];
    const stopped = process(world.ports.store, undefined, { putAll: () => Promise.reject(new Error("stopped")) });
    await stopped.tuf.add(targetsOf(theirs));
    await expect(stopped.tuf.publish()).rejects.toThrow("stopped");
    const me = process(world.ports.store, undefined, {
      putAll: (phases) => (puts.push(phases.flat().length), files.putAll(phases)),
    });
    await me.tuf.add(targetsOf(mine));
    await me.tuf.publish();
    expect(puts).toEqual([21]);
    expect(await world.published()).toEqual(hashesOf(...mine, ...theirs));
  });

  /** Pauses that a process makes whose commits of roles take so many milliseconds each; `meanwhile` is done in the first. */
  function pausing(milliseconds: number, meanwhile: () => Promise<unknown> = () => Promise.resolve()) {
    const pauses: number[] = [];
    const clock = overridden<Clock>(world.clock, {
      sleep: async (pause: number) => {
        if (pauses.push(pause) === 1) await meanwhile();
      },
    });
    const { store } = world.ports;
    const slow = overridden(store, {
      commitSignedRoles: (...commit) => ((world.clock.time += milliseconds), store.commitSignedRoles(...commit)),
    });
    return { pauses, ...process(slow, undefined, {}, clock) };
  }

  it.each([
    { perCommit: 20, pause: 100 }, // five groups of bins
    { perCommit: 500, pause: 200 },
  ])("gives others as long as it took itself, and 200 ms at most: $pause", async ({ perCommit, pause }) => {
    const [mine, theirs] = pathsOfBins(2) as [string[], string[]];
    const other = process();
    const me = pausing(perCommit, () => other.tuf.publish());
    await Promise.all([me.tuf.add(targetsOf(mine)), other.tuf.add(targetsOf(theirs.slice(0, 10)))]);
    await me.tuf.publish();
    expect(me.pauses).toEqual([pause]);
    expect([me.signed(), other.signed()]).toEqual([BINS, 10]);
    expect(await world.published()).toEqual(hashesOf(...mine, ...theirs.slice(0, 10)));
  });

  it("waits for nobody where it is alone, whatever it edits meanwhile", async () => {
    const [first, second] = pathsOfBins(2) as [string[], string[]];
    const { store } = world.ports;
    const me = pausing(20);
    let isFirst = true;
    const { dirtyRoles } = store;
    store.dirtyRoles = async (...asked) => {
      if (isFirst) {
        isFirst = false;
        await me.tuf.add(targetsOf(second));
      }
      return dirtyRoles.apply(store, asked);
    };
    await me.tuf.add(targetsOf(first));
    await me.tuf.publish();
    expect(me.pauses).toEqual([]);
    expect(await world.published()).toEqual(hashesOf(...first, ...second));
  });

  it("waits for nobody where it publishes what others edit", async () => {
    const [theirs] = pathsOfBins(1) as [string[]];
    const [publisher, editor] = [pausing(20), process()];
    await editor.tuf.add(targetsOf(theirs));
    await publisher.tuf.publish();
    expect(publisher.pauses).toEqual([]);
    expect(await world.published()).toEqual(hashesOf(...theirs));
  });

  it("waits for nobody where others have published before it would", async () => {
    const [mine, theirs] = pathsOfBins(2) as [string[], string[]];
    const { store } = world.ports;
    const [me, other] = [pausing(20), process()];
    await Promise.all([me.tuf.add(targetsOf(mine)), other.tuf.add(targetsOf(theirs))]);
    const { commitSignedRoles } = store;
    let isFirst = true;
    store.commitSignedRoles = async (...commit) => {
      const outcome = await commitSignedRoles.apply(store, commit);
      if (isFirst) {
        isFirst = false;
        await other.tuf.publish();
      }
      return outcome;
    };
    await me.tuf.publish();
    expect(me.pauses).toEqual([]);
    expect([me.signed(), other.signed()]).toEqual([BINS, BINS]);
    expect(await world.published()).toEqual(hashesOf(...mine, ...theirs));
  });

  it("asks once which roles are dirty where it publishes what others edit", async () => {
    const [theirs] = pathsOfBins(1) as [string[]];
    const { store } = world.ports;
    let asked = 0;
    const counting = overridden(store, { dirtyRoles: (...listed) => (asked++, store.dirtyRoles(...listed)) });
    const [publisher, editor] = [process(counting), process()];
    await editor.tuf.add(targetsOf(theirs));
    await publisher.tuf.publish();
    expect(asked).toBe(1);
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
