import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LATE } from "../../domain/tuf/publish-plan.js";
import type { TufStore } from "../../domain/tuf/tuf-store.js";
import { TurnTaker } from "../chaos/turn.js";
import { overridden } from "../support/overridden.js";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

/** Publishes are answered when clients see them; how far storage is, is recorded after that. */
describe("the record of an export", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
  });
  afterEach(() => world.remove());

  /** The store, whose first record stands still until it is let go; `calls` are the steps of exports. */
  function heldStore() {
    const { store } = world.ports;
    const calls: string[] = [];
    let letGo!: (error?: Error) => void;
    let reach!: () => void;
    const isLetGo = new Promise<void>((resolve, reject) => {
      letGo = (error) => (error === undefined ? resolve() : reject(error));
    });
    const reached = new Promise<void>((resolve) => (reach = resolve));
    isLetGo.catch(() => undefined);
    const held: TufStore = overridden(store, {
      exportPosition: (...of) => (calls.push("read"), store.exportPosition(...of)),
      recordExport: async (...of) => {
        reach();
        await isLetGo;
        calls.push("record");
        await store.recordExport(...of);
      },
    });
    return { store: held, calls, letGo, reached };
  }

  const recorded = async () => (await world.ports.store.exportPosition("main")).timestamp;

  it("is waited for by the next publish, not by the callers of this one", async () => {
    const { store: held, calls, letGo } = heldStore();
    let commit = (): void => undefined;
    const store = overridden(held, {
      commitSnapshot: (...of) => world.ports.store.commitSnapshot(...of).finally(() => commit()),
    });
    const files = overridden(world.ports.files, { prepare: () => Promise.resolve() });
    const publisher = world.publisher({ store, files });
    await world.add("one");
    expect(await publisher.publish("main")).toMatchObject({ timestampVersion: 2 });
    expect(await world.published()).toEqual(hashesOf("one"));
    expect(await recorded()).toBe(1);
    await world.add("two");
    const isCommitted = new Promise<void>((resolve) => (commit = resolve));
    const next = publisher.publish("main");
    await isCommitted;
    await world.clock.sleep(); // what follows a commit in memory needs no turn of its own
    expect(calls).toEqual(["read"]);
    letGo();
    expect(await next).toMatchObject({ timestampVersion: 3 });
    expect(calls.slice(0, 3)).toEqual(["read", "record", "read"]);
    await publisher.recorded("main");
    expect(await recorded()).toBe(3);
    expect(await world.published()).toEqual(hashesOf("one", "two"));
  });

  it("is made good by whoever publishes next, where a crash came before it", async () => {
    const { store } = heldStore(); // nobody ever lets it go
    await world.add("one");
    await world.publisher({ store }).publish("main");
    expect(await recorded()).toBe(1);
    const other = world.publisher();
    expect(await other.publish("main")).toMatchObject({ committed: "nothing", timestampVersion: 2, filesWritten: [] });
    await other.recorded("main");
    expect(await recorded()).toBe(2);
    expect(await world.published()).toEqual(hashesOf("one"));
  });

  it("is made good by the same publisher, where the database refused it", async () => {
    const { store, letGo } = heldStore();
    let isRefused = true;
    const publisher = world.publisher({
      store: overridden(store, {
        recordExport: (...of) => (isRefused ? store.recordExport(...of) : world.ports.store.recordExport(...of)),
      }),
    });
    await world.add("one");
    await publisher.publish("main");
    letGo(new Error("gone away"));
    await publisher.recorded("main");
    expect(await recorded()).toBe(1);
    isRefused = false;
    expect(await publisher.publish("main")).toMatchObject({ committed: "nothing", filesWritten: [] });
    await publisher.recorded("main");
    expect(await recorded()).toBe(2);
  });

  it.each([
    [
      "a root that everybody can have now",
      () => new TurnTaker(world.ports).take({ kind: "rotate", role: "timestamp" }),
    ],
    [
      "the age of files that come late",
      async () => {
        await world.add("one");
        const files = overridden(world.ports.files, { putAll: () => Promise.reject(new Error("stopped")) });
        await expect(world.publisher({ files }).publish("main")).rejects.toThrow("stopped");
        world.clock.time += LATE + 1;
      },
    ],
  ] as const)("is waited for where others act by it: %s", async (_, given) => {
    await given();
    const { store, letGo, reached } = heldStore();
    let isAnswered = false;
    const publishing = world.publisher({ store }).publish("main");
    void publishing.then(() => (isAnswered = true));
    await reached;
    await world.clock.sleep();
    expect(isAnswered).toBe(false);
    letGo();
    await publishing;
  });
});
