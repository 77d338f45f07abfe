import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { harmless, HookFailedWarning } from "../../../domain/distinction/hooks.js";
import type { RepositoryObserver } from "../../../domain/distinction/observer.js";
import { MemoryUnitOfWork } from "../../../infrastructure/memory/memory-unit-of-work.js";
import { FakeClock } from "../../support/fake-clock.js";
import { PhotoDesk } from "../../support/photo-desk.js";
import { photoType } from "../../support/photo.js";

const warnings: HookFailedWarning[] = [];
const keep = (warning: Error): void => void (warning instanceof HookFailedWarning && warnings.push(warning));
beforeAll(() => void process.on("warning", keep));
afterAll(() => void process.off("warning", keep));

/** What was told of a hook: warnings come in a later turn of the event loop. */
function told(hook: string): string[] {
  return warnings.filter((warning) => warning.hook === hook).map(({ message }) => message);
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A desk with one photo, and a repository whose observer has this one hook. */
async function watched(observer: RepositoryObserver) {
  const desk = await PhotoDesk.with({ title: "old" });
  const environment = { clock: new FakeClock(), random: () => 0.5, observer };
  const photos = new DistinctRepository(photoType, desk.store, environment);
  const inMemory = new DistinctRepository(photoType, desk.memory, environment);
  return { desk, photos, environment, inMemory };
}

type Watched = Awaited<ReturnType<typeof watched>>;

const failing = {
  "that throws": (): never => {
    throw new Error("no disk");
  },
  "that rejects": (): Promise<never> => Promise.reject(new Error("no disk")),
};

/** What makes each hook be called, and what comes of it. */
const OCCASIONS: { [N in Exclude<keyof RepositoryObserver, "around">]-?: (desk: Watched) => Promise<unknown> } = {
  saved: async ({ photos, desk }) => {
    const photo = await photos.get("p1");
    photo.title = "new";
    expect(await photos.save(photo)).toMatchObject({ written: true });
    photo.title = "newer";
    expect(await photos.saveAll([photo])).toMatchObject([{ written: true }]);
    expect(await desk.photos.get("p1")).toMatchObject({ title: "newer" });
  },
  retried: async ({ photos, desk }) => {
    const photo = await photos.get("p1");
    await desk.other((other) => void other.views++);
    photo.title = "new";
    expect(await photos.save(photo)).toMatchObject({ retries: 1 });
  },
  escalated: async ({ photos, desk }) => {
    const photo = await photos.get("p1");
    desk.store.beforeApply = (attempt) => (attempt <= 3 ? desk.other((other) => void other.views++) : undefined);
    photo.title = "new";
    expect(await photos.save(photo)).toMatchObject({ retries: 3 });
    expect(await desk.photos.get("p1")).toMatchObject({ title: "new", views: 3 });
  },
  conflicted: async ({ photos, desk }) => {
    const photo = await photos.get("p1");
    await desk.other((other) => void (other.title = "theirs"));
    photo.title = "mine";
    await expect(photos.save(photo)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(photos.remove(photo)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(photos.saveAll([photo])).rejects.toMatchObject({ code: "CONFLICT" });
  },
  unitRetried: async ({ inMemory, environment, desk }) => {
    await new MemoryUnitOfWork(environment).run(async (tx) => {
      const photo = await tx.repository(inMemory).get("p1");
      if (tx.attempt === 1) await desk.other((other) => void other.views++);
      photo.title = "inside";
      await tx.repository(inMemory).save(photo);
    });
    expect(await desk.photos.get("p1")).toMatchObject({ title: "inside", views: 1 });
  },
};

describe.each(Object.entries(OCCASIONS))("an observer whose %s fails changes no outcome", (name, occasion) => {
  test.each(Object.entries(failing))("one %s", async (_, hook) => {
    await occasion(await watched({ [name]: hook }));
    await turn();
    // Told by the first of the two, for the process.
    const message = `the hook ${name} threw Error: no disk; no outcome depends on it, and it is told once`;
    expect(told(name)).toEqual([message]);
  });
});

describe("a hook that is made harmless", () => {
  test.each(Object.entries(failing))("one %s is told with what it threw", async (kind, hook) => {
    harmless(kind, hook)();
    await vi.waitFor(() => expect(told(kind)).toHaveLength(1));
    const [{ name, cause }] = warnings.filter((warning) => warning.hook === kind) as [HookFailedWarning];
    expect([name, (cause as Error).message]).toEqual(["HookFailedWarning", "no disk"]);
  });

  test("may throw anything", async () => {
    const odd = [Symbol("odd"), null, Object.create(null), Object.assign(new Error(), { message: 1n }), revoked()];
    for (const [index, thrown] of odd.entries()) {
      harmless(`odd ${index}`, () => {
        throw thrown;
      })();
    }
    await vi.waitFor(() => expect(odd.map((_, index) => told(`odd ${index}`).length)).toEqual(odd.map(() => 1)));
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe("what surrounds an operation", () => {
  type Around = NonNullable<RepositoryObserver["around"]>;

  /** A save of a new title inside `around`, and what is stored after it. */
  async function saved(around: Around) {
    const desk = await PhotoDesk.with({ title: "old" });
    const surrounding: Around = (operation, subject, work) => {
      return operation === "save" ? around(operation, subject, work) : work();
    };
    const environment = { clock: new FakeClock(), random: () => 0.5, observer: { around: surrounding } };
    const photos = new DistinctRepository(photoType, desk.store, environment);
    const photo = await photos.get("p1");
    photo.title = "new";
    const [outcome] = await Promise.allSettled([photos.save(photo)]);
    const { title } = await desk.photos.get("p1");
    return { outcome, title, writes: desk.store.calls.filter((call) => call === "apply").length };
  }

  const DONE = { status: "fulfilled", value: { written: true, retries: 0 } };
  const fail = (): never => {
    throw new Error("no disk");
  };
  const AROUNDS: [name: string, around: Around][] = [
    ["throws before it calls work", fail],
    ["rejects before it calls work", async () => fail()],
    ["throws after it called work", (_operation, _subject, work) => (void work(), fail())],
    ["rejects after the work", async (_operation, _subject, work) => (await work(), fail())],
    ["calls work twice", async (_operation, _subject, work) => (await work(), await work())],
    ["answers something else", async (_operation, _subject, work) => (await work(), {} as never)],
    ["never ends", async (_operation, _subject, work) => (await work(), await new Promise(() => undefined))],
  ];

  test.each(AROUNDS)("one that %s: the save is done once, and its outcome is the answer", async (_, around) => {
    const { outcome, title, writes } = await saved(around);
    expect([outcome, title, writes]).toMatchObject([DONE, "new", 1]);
  });

  test("is told of once, where it fails by itself", async () => {
    await turn();
    expect(told("around")).toHaveLength(1);
  });

  test("one that never calls work, or too late, fails the operation, and nothing is written", async () => {
    let late: (() => Promise<unknown>) | undefined;
    const { outcome, title } = await saved(async (_operation, _subject, work) => ((late = work), {} as never));
    expect([outcome, title]).toMatchObject([{ status: "rejected", reason: { code: "OBSERVER_MISUSED" } }, "old"]);
    await expect(late!()).rejects.toMatchObject({ code: "OBSERVER_MISUSED" });
  });

  test("an error of the operation is the operation's, whatever is made of it", async () => {
    const desk = await PhotoDesk.with({ title: "old" });
    const around: Around = (_operation, _subject, work) => work().catch(() => ({}) as never);
    const environment = { clock: new FakeClock(), random: () => 0.5, observer: { around } };
    const photos = new DistinctRepository(photoType, desk.store, environment);
    await expect(photos.get("nobody")).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
  });
});
