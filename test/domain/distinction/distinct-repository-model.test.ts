import fc from "../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import type { ChangeSet } from "../../../domain/distinction/diff/change-set.js";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import type { SaveResult } from "../../../domain/distinction/save/save-options.js";
import type { RecordId } from "../../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { RecordStore } from "../../../domain/distinction/record-store.js";
import { MemoryRecordStore } from "../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../support/fake-clock.js";
import { photoState, photoType } from "../../support/photo.js";
import type { Document } from "../../support/photo-model.js";
import { clientScript } from "../../support/client-script.js";

test("2 to 5 clients in any order store what a serial oracle stores, and the version counts the effective saves", async () => {
  await clientScript(async () => new MemoryRecordStore(photoType), 250);
});

describe("clients that save at the same time, each editing on while its save is under way", () => {
  /** Every call reaches the store when the scheduler says so. */
  class ScheduledStore implements RecordStore {
    constructor(
      private readonly inner: RecordStore,
      private readonly scheduler: fc.Scheduler,
    ) {}
    async #turn<T>(label: string, work: () => Promise<T>): Promise<T> {
      await this.scheduler.schedule(Promise.resolve(), `${label} arrives`);
      const result = await work();
      await this.scheduler.schedule(Promise.resolve(), `${label} answers`);
      return result;
    }
    load(...args: Parameters<RecordStore["load"]>): ReturnType<RecordStore["load"]> {
      return this.#turn("load", () => this.inner.load(...args));
    }
    insert(state: RecordState): ReturnType<RecordStore["insert"]> {
      return this.#turn("insert", () => this.inner.insert(state));
    }
    apply(base: RecordState, changes: ChangeSet): ReturnType<RecordStore["apply"]> {
      return this.#turn("apply", () => this.inner.apply(base, changes));
    }
    verify(...args: Parameters<RecordStore["verify"]>): ReturnType<RecordStore["verify"]> {
      return this.#turn("verify", () => this.inner.verify(...args));
    }
    revise(id: RecordId, decide: Parameters<RecordStore["revise"]>[1]): ReturnType<RecordStore["revise"]> {
      return this.#turn("revise", () => this.inner.revise(id, decide));
    }
    remove(base: RecordState): ReturnType<RecordStore["remove"]> {
      return this.#turn("remove", () => this.inner.remove(base));
    }
    insertAll(...args: Parameters<RecordStore["insertAll"]>): ReturnType<RecordStore["insertAll"]> {
      return this.#turn("insertAll", () => this.inner.insertAll(...args));
    }
    applyAll(...args: Parameters<RecordStore["applyAll"]>): ReturnType<RecordStore["applyAll"]> {
      return this.#turn("applyAll", () => this.inner.applyAll(...args));
    }
    list(...args: Parameters<RecordStore["list"]>): ReturnType<RecordStore["list"]> {
      return this.#turn("list", () => this.inner.list(...args));
    }
  }

  test("lose nothing: increments add up, own keys and JSON members stay, the version counts the writes", async () => {
    const bursts = fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 4 }), {
      minLength: 2,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), bursts, async (scheduler, clients) => {
        const memory = new MemoryRecordStore(photoType);
        await memory.insert(photoState({ metadata: { shared: {} } }));
        const store = new ScheduledStore(memory, scheduler);
        const results: SaveResult[] = [];

        const work = async (increments: readonly number[], client: number): Promise<void> => {
          const photos = new DistinctRepository(photoType, store, {
            clock: new FakeClock(),
            random: () => 0.5,
            firstVersion: () => 1,
          });
          const photo = await photos.get("p1");
          const saves: Promise<void>[] = [];
          for (const [round, by] of increments.entries()) {
            photo.views += by;
            photo.ratings.set("all", (photo.ratings.get("all") ?? 0) + by);
            photo.ratings.set(`client ${client}`, round);
            photo.properties.set(`client ${client}`, String(round));
            (photo.metadata as { shared: Document }).shared[`client ${client}`] = round;
            photo.tags.add(`client ${client} round ${round}`);
            photo.frames.set(`client ${client} round ${round}`, { url: String(by), size: null });
            if (round > 0) photo.tags.delete(`client ${client} round ${round - 1}`);
            saves.push(photos.save(photo).then((result) => void results.push(result)));
            await scheduler.schedule(Promise.resolve(), `client ${client} goes on`);
          }
          await Promise.all(saves);
          results.push(await photos.save(photo)); // whatever was edited during the last save
          expect(photos.changes(photo).changes).toEqual([]);
        };
        await scheduler.waitFor(Promise.all(clients.map(work)));

        const [state] = await memory.load([["p1"]]);
        const { attributes, collections, version } = state!;
        const sum = clients.flat().reduce((total, by) => total + by, 0);
        const last = clients.map((increments, client) => [`client ${client}`, increments.length - 1] as const);
        expect(attributes.views).toBe(sum);
        expect(collections.ratings!.get("all")).toBe(sum);
        expect(collections.properties).toEqual(new Map(last.map(([name, round]) => [name, String(round)])));
        expect(photoType.attributes.metadata.expose(attributes.metadata)).toEqual({ shared: Object.fromEntries(last) });
        expect(new Set(collections.tags!.keys())).toEqual(
          new Set(last.map(([name, round]) => `${name} round ${round}`)),
        );
        const frames = [...collections.frames!.keys()];
        expect(frames).toHaveLength(clients.flat().length);
        for (const [client, increments] of clients.entries()) {
          const own = increments.map((_, round) => `client ${client} round ${round}`);
          expect(frames.filter((key) => key.startsWith(`client ${client} `))).toEqual(own);
        }
        expect(version).toBe(results.filter(({ written }) => written).length + 1);
      }),
      { numRuns: 100 },
    );
  });
});
