import { expect, it, vi } from "vitest";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { storedFiles } from "../../src/application/tuf/stored-files.js";
import { PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { type Turn, TurnTaker } from "../chaos/turn.js";
import {
  expectAllToVerify,
  expectSnapshotsToGrow,
  expectTimestampsToRise,
  historyOf,
} from "../integration/tuf-history.js";
import { contentOf } from "../integration/tuf-place.js";
import { type Edit, Promises } from "../soak/tuf/promises.js";
import fc from "../support/fast-check.js";
import { makeTufWorld, type TufWorld } from "./tuf-world.js";

vi.setConfig({ testTimeout: 120_000 });

const WORKERS = 3;
const DAY = 24 * 3_600_000;

/** What a worker may do; `path` from 0, those of other workers are other paths, but for the last, which all of them edit. */
type Step =
  | { readonly kind: "add" | "remove"; readonly path: number; readonly content: number }
  | { readonly kind: "publish" | "bump" | "publish some" }
  | { readonly kind: "rotate"; readonly role: "timestamp" | "snapshot" | "bins" };

const PATHS = 4;
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("add", "add", "remove"),
      path: fc.nat(PATHS - 1),
      content: fc.nat(2),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("publish", "publish", "publish some", "bump") }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("rotate"),
      role: fc.constantFrom("timestamp", "snapshot", "bins"),
    }),
  },
);

const pathOf = (worker: number, path: number): string => (path === PATHS - 1 ? "contested" : `${worker}/${path}`);

function turnOf(worker: number, step: Step, ahead: number): Turn {
  switch (step.kind) {
    case "add":
      return { kind: "add", targets: { [pathOf(worker, step.path)]: `${worker}: ${step.content}` } };
    case "remove":
      return { kind: "remove", paths: [pathOf(worker, step.path)] };
    case "publish some":
      return { kind: "publish some", paths: Array.from({ length: PATHS - 1 }, (_, path) => pathOf(worker, path)) };
    case "rotate":
      return { kind: "rotate", role: step.role };
    case "bump":
      return { kind: "bump", ahead };
    case "publish":
      return { kind: "publish" };
  }
}

function editsOf(turn: Turn): readonly Edit[] {
  if (turn.kind === "remove") return turn.paths.map((path) => [path, undefined]);
  if (turn.kind !== "add") return [];
  return Object.entries(turn.targets).map(([path, text]) => [path, contentOf(text).sha256]);
}

/** Every call of a port begins when the schedule says so. */
function scheduled<T extends object>(port: T, name: string, scheduler: fc.Scheduler): T {
  return new Proxy(port, {
    get: (target, member) => {
      const method: unknown = Reflect.get(target, member, target);
      if (typeof method !== "function") return method;
      return async (...given: unknown[]): Promise<unknown> => {
        await scheduler.schedule(Promise.resolve(), `${name}.${String(member)}`);
        return Reflect.apply(method, target, given);
      };
    },
  });
}

async function published({ ports, clock }: TufWorld): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const { path, target } of verifyTufRepository(ports, clock.now())) {
    found.set(path, target.hashes["sha256"] ?? "");
  }
  return found;
}

it("workers that act in any order lose nothing, and see what they published", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(steps, { minLength: 1, maxLength: 7 }), { minLength: WORKERS, maxLength: WORKERS }),
      fc.scheduler(),
      async (work, scheduler) => {
        const world = await makeTufWorld();
        try {
          await inAnyOrder(world, work, scheduler);
        } finally {
          await world.remove();
        }
      },
    ),
    { numRuns: 40 },
  );
});

async function inAnyOrder(world: TufWorld, work: readonly (readonly Step[])[], scheduler: fc.Scheduler): Promise<void> {
  const promises = new Promises();
  const workers = work.map(async (ofWorker, worker) => {
    const { ports, clock } = world;
    const taker = new TurnTaker({
      ...ports,
      clock: { now: () => clock.now(), sleep: () => clock.sleep(), alarm: () => clock.alarm() },
      store: scheduled(ports.store, "store", scheduler),
      trust: scheduled(ports.trust, "trust", scheduler),
      edits: scheduled(ports.edits, "edits", scheduler),
      files: scheduled(ports.files, "files", scheduler),
    });
    /** What only this worker edits, as it left it. */
    const own = new Map<string, string>();
    for (const [index, step] of ofWorker.entries()) {
      const turn = turnOf(worker, step, (index + 1) * 100 * DAY);
      const edits = editsOf(turn);
      promises.begun(`${worker}`, edits);
      await taker.take(turn);
      promises.accepted(`${worker}`);
      for (const [path, content] of edits) {
        if (path === "contested") continue;
        if (content === undefined) own.delete(path);
        else own.set(path, content);
      }
      if (turn.kind !== "publish" && turn.kind !== "publish some") continue;
      const visible = [...(await published(world))].filter(([path]) => path.startsWith(`${worker}/`));
      expect(new Map(visible)).toEqual(own);
    }
  });
  await scheduler.waitFor(Promise.allSettled(workers)); // one that fails leaves the others under way
  await Promise.all(workers);

  await new PublishTufRepository(world.ports).publish("main");
  expect(promises.broken(await published(world))).toEqual([]);
  const { ports, state } = world;
  const rows = state.repositories.get("main")!;
  const history = historyOf(await storedFiles(ports, "main", [...rows.files.values()]), ports.codec);
  expectSnapshotsToGrow(history);
  expectTimestampsToRise(history);
  expectAllToVerify(history, ports);
  for (const { name, metadataVersion } of rows.roles.values()) {
    expect([...history.get(name)!.keys()], name).toEqual(Array.from({ length: metadataVersion }, (_, n) => n + 1));
  }
  expect(await new PublishTufRepository(ports).publish("main")).toMatchObject({
    committed: "nothing",
    filesWritten: [],
  });
}
