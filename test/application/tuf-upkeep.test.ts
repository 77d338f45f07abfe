import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { publishedName } from "../../domain/tuf/publish-plan.js";
import type { SnapshotSigned, TimestampSigned } from "../../domain/tuf/metadata-document.js";
import { DEFAULT_EXPIRY } from "../../domain/tuf/expiry.js";
import { UnsignedRolesError } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { pruneTufRepository } from "../../src/application/tuf/publish/prune-tuf-repository.js";
import { overridden } from "../support/overridden.js";
import { Fuse } from "./fuse.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

const DAY = 24 * 3_600_000;

describe("the upkeep of a repository", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld(32);
  });
  afterEach(() => world.remove());

  const expiries = () => [...world.state.repositories.get("main")!.roles.values()];

  describe("renewal", () => {
    it("finds bins expiring spread over time, though they were all signed at once", () => {
      const days = expiries()
        .filter(({ kind }) => kind === "bin")
        .map(({ expiresAt }) => (expiresAt - world.clock.time) / DAY);
      expect(Math.min(...days)).toBeGreaterThanOrEqual(60);
      expect(Math.max(...days)).toBeLessThanOrEqual(90);
      expect(new Set(days.map(Math.floor)).size).toBeGreaterThan(10);
    });

    it("goes in steps, those first that expire first, until nothing expires within the window", async () => {
      const publisher = world.publisher();
      const before = new Map(expiries().map(({ name, expiresAt }) => [name, expiresAt]));
      const soonest = [...before].filter(([name]) => name.startsWith("bins")).sort(([, a], [, b]) => a - b);
      world.clock.time += 20 * DAY;
      const within = 75 * DAY; // longer than some would be good for that are signed now
      const first = await publisher.renew("main", { within, limit: 10 });
      expect(first.rolesSigned.map(({ role }) => role).sort()).toEqual(
        soonest
          .slice(0, 10)
          .map(([name]) => name)
          .sort(),
      );
      expect(first.committed).toBe("snapshot");
      let signed = first.rolesSigned.length;
      for (let step = 10; step === 10; signed += step) {
        step = (await publisher.renew("main", { within, limit: 10 })).rolesSigned.length;
      }
      const { lifetime, renewBefore } = DEFAULT_EXPIRY.bins;
      const capped = world.clock.time + (lifetime + renewBefore) / 2;
      expect(signed).toBe(soonest.filter(([, expiresAt]) => expiresAt < capped).length);
      await world.published();
    });

    it("reaches the others, whatever the number of those that cannot be signed and expire first", async () => {
      const bins = expiries().filter(({ kind }) => kind === "bin");
      const poisoned = bins.toSorted((left, right) => left.expiresAt - right.expiresAt).slice(0, 6);
      for (const row of poisoned) row.signedVersion = 99;
      world.clock.time += 85 * DAY;
      const step = async () => {
        const error: unknown = await world
          .publisher()
          .renew("main", { limit: 4 })
          .catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(UnsignedRolesError);
        expect(error).toMatchObject({ code: "CORRUPT_REPOSITORY" });
        return (error as UnsignedRolesError).report;
      };
      const renewed = new Set<string>();
      for (let signed = 4; signed === 4;) {
        const { rolesSigned, filesWritten } = await step();
        signed = rolesSigned.length;
        for (const { role } of rolesSigned) renewed.add(role);
        expect(filesWritten).toEqual(expect.arrayContaining(rolesSigned.map(publishedName)));
      }
      const healthy = bins.filter((row) => !poisoned.includes(row)).map(({ name }) => name);
      expect([...renewed].sort()).toEqual(healthy.sort());
    });

    it("goes on while others publish, and loses nothing", async () => {
      const [scheduler, publisher] = [world.publisher(), world.publisher()];
      world.clock.time += 60 * DAY;
      const renewing = (async () => {
        while ((await scheduler.renew("main", { limit: 4 })).rolesSigned.length === 4);
      })();
      const paths = Array.from({ length: 20 }, (_, index) => `during/${index}`);
      for (const path of paths) {
        await world.add(path);
        await publisher.publish("main");
        expect((await world.published()).has(path)).toBe(true);
      }
      await renewing;
      expect(await world.published()).toEqual(hashesOf(...paths));
      expect((await scheduler.renew("main")).rolesSigned).toEqual([]);
    });
  });

  describe("retention", () => {
    const names = async () => (await readdir(world.metadata)).filter((name) => !name.startsWith("."));
    const prune = (ports = world.ports, keepFor = DAY) => pruneTufRepository(ports, "main", { keepFor });

    /** Publishes `a` five times, an hour apart. */
    beforeEach(async () => {
      const publisher = world.publisher();
      for (const path of ["a", "a/1", "a/2", "a/3", "a/4"]) {
        world.clock.time += 3_600_000;
        await world.add(path);
        await publisher.publish("main");
      }
    });

    /** Names of what the published timestamp leads to. */
    const current = async (): Promise<string[]> => {
      const read = async <T>(name: string) =>
        (JSON.parse(await readFile(join(world.metadata, name), "utf8")) as { signed: { meta: T } }).signed.meta;
      const { "snapshot.json": snapshot } = await read<TimestampSigned["meta"]>("timestamp.json");
      const meta = await read<SnapshotSigned["meta"]>(`${snapshot.version}.snapshot.json`);
      return Object.entries(meta).map(([name, { version }]) => `${version}.${name}`);
    };

    it("keeps everything that was current within the window", async () => {
      const before = await names();
      expect(await prune()).toBe(0);
      expect(await names()).toEqual(before);
    });

    it("deletes what is older, from storage and database, and nothing that a client can reach", async () => {
      const files = world.state.repositories.get("main")!.files;
      world.clock.time += 21 * 3_600_000; // a day ago, snapshot 3 was just made
      expect(await prune()).toBeGreaterThan(0);
      expect((await names()).filter((name) => name.endsWith(".snapshot.json")).sort()).toEqual(
        [3, 4, 5, 6].map((version) => `${version}.snapshot.json`),
      );
      expect(files.has("snapshot/2")).toBe(false);
      expect(await names()).toContain("1.root.json");
      expect([...(await world.published()).keys()].sort()).toEqual(["a", "a/1", "a/2", "a/3", "a/4"]);
      expect(await prune()).toBe(0);
      expect(await world.publisher().publish("main")).toMatchObject({ filesWritten: [expect.any(String)] });
    });

    it("keeps what clients read, however long a commit has not reached storage, and a window beyond", async () => {
      await world.add("late");
      const { files } = world.ports;
      const timestamp = vi.spyOn(files, "replaceTimestamp").mockRejectedValue(new Error("storage is gone"));
      await expect(world.publisher().publish("main")).rejects.toThrow("storage is gone");
      timestamp.mockRestore();
      world.clock.time += DAY / 2;

      await pruneTufRepository(world.ports, "main", { keepFor: 0 });
      expect([...(await world.published()).keys()].sort()).toEqual(["a", "a/1", "a/2", "a/3", "a/4"]);

      const read = (await names()).filter((name) => name !== "timestamp.json");
      await world.publisher().publish("main");
      expect((await world.published()).has("late")).toBe(true);
      await prune(world.ports, DAY / 4); // a client that read the former timestamp a moment ago is not done yet
      expect(await names()).toEqual(expect.arrayContaining(read));
      world.clock.time += DAY / 4;
      expect(await prune(world.ports, DAY / 4)).toBeGreaterThan(0);
      await world.published();
    });

    describe("beside a publisher that stood still for longer than the window", () => {
      const KEPT = DAY / 4;

      /** Commits and stands still before `step` of its export; the answered function has it go on. */
      const standStill = async (step: "putAll" | "recordExport"): Promise<() => Promise<unknown>> => {
        const { store, files } = world.ports;
        let wake!: () => void;
        let reach!: () => void;
        const woken = new Promise<void>((resolve) => (wake = resolve));
        const reached = new Promise<void>((resolve) => (reach = resolve));
        const held = async (): Promise<void> => {
          reach();
          await woken;
        };
        const standing =
          step === "putAll"
            ? { files: overridden(files, { putAll: async (phases) => (await held(), files.putAll(phases)) }) }
            : {
                store: overridden(store, { recordExport: async (...of) => (await held(), store.recordExport(...of)) }),
              };
        await world.add("slow");
        const publishing = world.publisher(standing).publish("main");
        await reached;
        return () => {
          wake();
          return publishing;
        };
      };

      it.each(["putAll", "recordExport"] as const)(
        "keeps what clients read until another one published: %s",
        async (step) => {
          const wake = await standStill(step);
          const read = await current();
          world.clock.time += DAY;
          await world.add("next");
          await world.publisher().publish("main");
          await prune(world.ports, KEPT); // a client that read the former timestamp a moment ago is not done yet
          expect(await names()).toEqual(expect.arrayContaining(read));
          await wake();
          await prune(world.ports, KEPT);
          expect(await names()).toEqual(expect.arrayContaining(read));
          world.clock.time += KEPT;
          expect(await prune(world.ports, KEPT)).toBeGreaterThan(0);
          expect([...(await world.published()).keys()].sort()).toEqual([
            "a",
            "a/1",
            "a/2",
            "a/3",
            "a/4",
            "next",
            "slow",
          ]);
        },
      );
    });

    it("deletes nothing while storage shows an older timestamp than the one that is recorded", async () => {
      const timestamp = join(world.metadata, "timestamp.json");
      const older = await readFile(timestamp);
      await world.add("lost");
      await world.publisher().publish("main");
      await writeFile(timestamp, older);
      world.clock.time += DAY / 4;
      expect(await prune(world.ports, 0)).toBe(0);
      expect((await world.published()).has("lost")).toBe(false);
      await rm(timestamp);
      expect(await prune(world.ports, 0)).toBe(0);
      await world.publisher().publish("main");
      expect((await world.published()).has("lost")).toBe(true);
      expect(await prune(world.ports, 0)).toBeGreaterThan(0);
      expect((await world.published()).has("lost")).toBe(true);
    });

    describe("after storage was restored from an older copy", () => {
      /** As `current`, of the copy: what a client reads that refreshed just before the newer one was published again. */
      let read: string[];
      beforeEach(async () => {
        const copy = `${world.metadata}-copy`;
        await cp(world.metadata, copy, { recursive: true });
        read = await current();
        const publisher = world.publisher();
        await world.add("lost");
        await publisher.publish("main");
        await publisher.recorded("main");
        world.clock.time += 2 * DAY;
        await rm(world.metadata, { recursive: true });
        await cp(copy, world.metadata, { recursive: true });
        expect(await prune()).toBe(0);
      });
      const publish = async (changes: Parameters<TufWorld["publisher"]>[0] = {}) => {
        const publisher = world.publisher(changes);
        await publisher.publish("main");
        await publisher.recorded("main");
      };
      const expectWindowFromNow = async () => {
        await world.published();
        expect(await prune(world.ports, DAY / 4)).toBe(0);
        expect(await names()).toEqual(expect.arrayContaining(read));
        world.clock.time += DAY / 4;
        expect(await prune(world.ports, DAY / 4)).toBeGreaterThan(0);
        await world.published();
      };

      it("keeps what clients read of it for a window from when the newer one is published again", async () => {
        await publish();
        await expectWindowFromNow();
      });

      it("keeps it, too, where the one that published again stopped before it was recorded", async () => {
        const { store } = world.ports;
        const crash = () => Promise.reject(new Error("crashed"));
        await publish({ store: overridden(store, { recordExport: crash }) }).catch(() => undefined);
        await publish();
        await expectWindowFromNow();
      });

      it("puts everything current again, whoever stopped in the middle of that", async () => {
        const lost = join(world.metadata, "1.root.json");
        await rm(lost);
        const { files } = world.ports;
        const stopping = overridden(files, { putAll: () => Promise.reject(new Error("crashed")) });
        await expect(publish({ files: stopping })).rejects.toThrow("crashed");
        await publish();
        expect((await readFile(lost)).length).toBeGreaterThan(0);
        await world.published();
      });
    });

    it("is completed by the next call, wherever it stops", async () => {
      world.clock.time += 2 * DAY;
      for (let step = 1, done = false; !done; step++) {
        for (const when of ["before", "after"] as const) {
          const fuse = new Fuse(step, when);
          const { store, files, clock } = world.ports;
          await prune({ ...world.ports, store: fuse.guard(store), files: fuse.guard(files), clock }).catch(() => 0);
          await world.publisher().publish("main");
          await world.published();
          done = !fuse.blown;
        }
      }
      expect(await prune()).toBe(0);
      expect((await names()).filter((name) => name.endsWith(".snapshot.json")).length).toBeLessThanOrEqual(2);
    });
  });
});
