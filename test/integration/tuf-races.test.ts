import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { type PublishReport, PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { Fuse } from "../application/fuse.js";
import { type Child, releaseTogether, startChild } from "../support/child.js";
import { onSqlBackends } from "./backends.js";
import { expectSoundAndDone, publishedTargets } from "./tuf-invariants.js";
import {
  binOfPath,
  contentOf,
  createTufPlace,
  forgetRepositories,
  pathsOf,
  REPOSITORY,
  type TufPlace,
  type TufWorker,
  workerAt,
} from "./tuf-place.js";
import type { TufEdit, TufWork } from "./tuf-worker.child.js";

const WORKER = new URL("tuf-worker.child.ts", import.meta.url);
const BIN_NAMES = ["bins-0", "bins-1", "bins-2", "bins-3"];
const PROCESSES = 4;
const MINUTES = 120_000;

onSqlBackends((testDatabase, backend) => {
  let place: TufPlace;
  let remove: () => Promise<void>;
  let worker: TufWorker;
  let workers: TufWorker[];

  beforeEach(async () => {
    workers = [];
    await forgetRepositories(testDatabase().url);
    ({ place, remove } = await createTufPlace(testDatabase().url));
    worker = another();
  });
  afterEach(async () => {
    for (const { database } of workers) await database.close();
    await remove();
  });

  function another(options: Parameters<typeof workerAt>[1] = {}): TufWorker {
    const made = workerAt(place, options);
    workers.push(made);
    return made;
  }

  const add = ({ ports }: TufWorker, paths: readonly string[]) =>
    addTargets(ports, REPOSITORY, new Map(paths.map((path) => [path, contentOf(path)])));
  const publish = async ({ ports }: TufWorker): Promise<PublishReport> => {
    const publisher = new PublishTufRepository(ports);
    const report = await publisher.publish(REPOSITORY);
    await publisher.recorded(REPOSITORY);
    return report;
  };

  /** As the database has it, not as it was published. */
  async function accepted(): Promise<ReadonlyMap<string, string>> {
    const states = await worker.ports.store.roleStates(REPOSITORY, BIN_NAMES);
    return new Map(states.flatMap(({ targets }) => Array.from(targets, ([path, { sha256 }]) => [path, sha256])));
  }

  async function versions(): Promise<Record<string, number>> {
    const states = await worker.ports.store.roleStates(REPOSITORY, BIN_NAMES);
    return Object.fromEntries(states.map(({ name, version }) => [name, version]));
  }

  /** Every call that changes a bin raises its version by one: neither lost nor written twice. */
  function serialVersions(calls: Iterable<readonly string[]>): Record<string, number> {
    const counts = Object.fromEntries(BIN_NAMES.map((bin) => [bin, 1]));
    for (const call of calls) for (const bin of new Set(call.map(binOfPath))) counts[bin]! += 1;
    return counts;
  }

  const holding = (paths: Iterable<string>) => new Map(Array.from(paths, (path) => [path, contentOf(path).sha256]));

  const startWorkers = (works: readonly Omit<TufWork, "place">[]): readonly Child[] =>
    works.map((work) => startChild(WORKER, { ...work, place } satisfies TufWork));

  /** Runs workers to their end, all let go together. */
  async function runWorkers(works: readonly Omit<TufWork, "place">[]): Promise<void> {
    const children = startWorkers(works);
    await releaseTogether(children);
    await Promise.all(children.map((child) => child.output));
  }

  describe("concurrent adds", () => {
    test.each([
      ["of the same bin", "bins-1"],
      ["of different bins", undefined],
    ])("%s over several connections are all accepted, each once", async (_, bin) => {
      const clients = Array.from({ length: 6 }, () => another());
      const calls = clients.map((_client, writer) => pathsOf(`w${writer}`, 15, bin).map((path) => [path]));
      await Promise.all(
        clients.map(async (client, writer) => {
          for (const call of calls[writer]!) await add(client, call);
        }),
      );
      expect(await accepted()).toEqual(holding(calls.flat(2)));
      expect(await versions()).toEqual(serialVersions(calls.flat()));
    });

    test(
      "of separate processes are all accepted, each once, and published",
      async () => {
        const calls = Array.from({ length: PROCESSES }, (_, writer) => [
          ...pathsOf(`same${writer}`, 25, "bins-2").map((path) => [path]),
          ...Array.from({ length: 10 }, (_unused, index) => pathsOf(`any${writer}-${index}`, 5)),
        ]);
        const put = (paths: readonly string[]): TufEdit => ({
          put: Object.fromEntries(paths.map((path) => [path, path])),
        });
        await runWorkers(calls.map((ofWriter) => ({ edits: ofWriter.map(put) })));
        expect(await accepted()).toEqual(holding(calls.flat(2)));
        expect(await versions()).toEqual(serialVersions(calls.flat()));
        await publish(worker);
        expect(await publishedTargets(worker)).toEqual(holding(calls.flat(2)));
        await expectSoundAndDone(worker, place);
      },
      MINUTES,
    );

    test(
      "and removals of the same paths leave what some process did last",
      async () => {
        const contested = pathsOf("contested", 6, "bins-0");
        const edits = (writer: number): TufEdit[] =>
          Array.from({ length: 48 }, (_, index) => {
            const path = contested[(index * 5 + writer) % contested.length]!;
            return (index + writer) % 3 === 0 ? { drop: [path] } : { put: { [path]: `${writer}/${index}` } };
          });
        const works = Array.from({ length: PROCESSES }, (_, writer) => ({ edits: edits(writer), publishEvery: 12 }));
        await runWorkers(works);
        const now = await accepted();
        for (const path of contested) {
          const last = works.map((work) => lastOf(work.edits, path));
          expect(last, path).toContain(now.get(path));
        }
        await publish(worker);
        expect(await publishedTargets(worker)).toEqual(now);
        await expectSoundAndDone(worker, place);
      },
      MINUTES,
    );
  });

  describe("publishers", () => {
    test("over several connections lose nothing and make no version twice", async () => {
      const clients = Array.from({ length: 5 }, () => another());
      const rounds = Array.from({ length: 6 }, (_, round) => round);
      await Promise.all(
        clients.map(async (client, writer) => {
          for (const round of rounds) {
            await add(client, pathsOf(`p${writer}-${round}`, 3));
            await publish(client);
            const published = await publishedTargets(client);
            // Acknowledged before the publish began, hence visible once it answered.
            for (const path of pathsOf(`p${writer}-${round}`, 3)) expect(published.has(path), path).toBe(true);
          }
        }),
      );
      const all = clients.flatMap((_, writer) => rounds.flatMap((round) => pathsOf(`p${writer}-${round}`, 3)));
      expect(await publishedTargets(worker)).toEqual(holding(all));
      await expectSoundAndDone(worker, place);
    }, 60_000);

    test(
      "in several processes at once lose nothing, and a client that reads meanwhile sees no fault",
      async () => {
        const paths = Array.from({ length: PROCESSES }, (_, writer) => pathsOf(`q${writer}`, 24));
        const children = startWorkers(
          paths.map((ofWriter) => ({
            edits: ofWriter.map((path): TufEdit => ({ put: { [path]: path } })),
            publishEvery: 3,
          })),
        );
        await releaseTogether(children);
        let working = true;
        const finished = Promise.all(children.map((child) => child.output)).finally(() => (working = false));
        const reader = readUntil(worker, () => !working);
        await finished;
        expect(await reader).toBeGreaterThan(1);
        expect(await publishedTargets(worker)).toEqual(holding(paths.flat()));
        await expectSoundAndDone(worker, place);
      },
      MINUTES,
    );
  });

  describe("a publisher that crashes", () => {
    test("before or after any step leaves what the next one completes", async () => {
      let steps = 0;
      for (let step = 1, done = false; !done; step++) {
        for (const when of ["before", "after"] as const) {
          const path = `step/${step}-${when}`;
          await add(worker, [path]);
          const fuse = new Fuse(step, when);
          const { ports } = worker;
          const doomed = {
            ...worker,
            ports: { ...ports, store: fuse.guard(ports.store), files: fuse.guard(ports.files) },
          };
          await publish(doomed).catch((error: unknown) => expect(String(error)).toContain("crashed"));
          done = !fuse.blown;
          await publish(worker);
          expect((await publishedTargets(worker)).get(path)).toBe(contentOf(path).sha256);
        }
        steps = step;
      }
      expect(steps).toBeGreaterThan(10);
      await expectSoundAndDone(worker, place);
    }, 60_000);

    test("at any statement leaves what the next one completes", async () => {
      for (let statement = 1, done = false; !done; statement++) {
        const path = `statement/${statement}`;
        await add(worker, [path]);
        let left = statement;
        const doomed = another({
          onStatement: () => {
            if (--left <= 0) throw new Error("the connection broke");
          },
        });
        await publish(doomed).catch(() => undefined);
        done = left > 0;
        await publish(worker);
        expect((await publishedTargets(worker)).get(path)).toBe(contentOf(path).sha256);
      }
      await expectSoundAndDone(worker, place);
    }, 60_000);

    test(
      "by being killed leaves what the next one completes, with all that was accepted",
      async () => {
        const paths = Array.from({ length: PROCESSES }, (_, writer) => pathsOf(`k${writer}`, 2_000));
        const children = startWorkers(
          paths.map((ofWriter) => ({
            edits: ofWriter.map((path): TufEdit => ({ put: { [path]: path } })),
            publishEvery: 2,
          })),
        );
        await releaseTogether(children);
        const acknowledged: string[] = [];
        await Promise.all(
          children.map(async (child, writer) => {
            // Each at another point of its work, wherever that is.
            const stop = 8 + 5 * writer;
            for (let told = 0; told < stop; told++) acknowledged.push(paths[writer]![(await child.next()) as number]!);
            child.kill("SIGKILL");
            await child.exited;
          }),
        );
        await publish(worker);
        const published = await publishedTargets(worker);
        for (const path of acknowledged) expect(published.get(path), path).toBe(contentOf(path).sha256);
        expect(published).toEqual(await accepted());
        await expectSoundAndDone(worker, place);
        expect(await publish(worker)).toMatchObject({ rolesSigned: [], committed: "nothing", filesWritten: [] });
      },
      MINUTES,
    );
  });

  test.each(backend === "server" ? ["READ COMMITTED", "REPEATABLE READ"] : [undefined])(
    "a role is read as one state while it is edited (%s)",
    async (isolation) => {
      // One connection each, so that what is set stays set.
      const [reader, writer] = [another({ poolSize: 1 }), another({ poolSize: 1 })];
      if (isolation !== undefined) {
        const sql = `SET SESSION TRANSACTION ISOLATION LEVEL ${isolation}`;
        for (const { database } of [reader, writer]) {
          await database.session((session) => session.run({ sql, parameters: [], varying: true }));
        }
      }
      const paths = pathsOf("torn", 120, "bins-3");
      let working = true;
      const writing = (async () => {
        // Both targets of a call become visible together.
        for (let index = 0; index < paths.length; index += 2) await add(writer, paths.slice(index, index + 2));
      })().finally(() => (working = false));
      while (working) {
        const [state] = await reader.ports.store.roleStates(REPOSITORY, ["bins-3"]);
        const { version, targets } = state!;
        expect(targets.size).toBe(2 * (version - 1));
        await setImmediate(); // a file answers at once, and would leave no time for anything else
      }
      await writing;
    },
  );

  describe("the check of invariants", () => {
    const BREAKS: readonly (readonly [what: string, sql: string])[] = [
      [
        "a version under which there are two contents",
        "UPDATE tuf_file SET bytes = ?, length = length + 1 WHERE role = ?",
      ],
      ["a missing version", "DELETE FROM tuf_file WHERE metadata_version = 1 AND bytes <> ? AND role = ?"],
      ["a number that was skipped", "UPDATE tuf_role SET metadata_version = 9 WHERE range_low <> ? AND name = ?"],
      ["an edit that nobody signed", "UPDATE tuf_role SET version = version + 1 WHERE range_low <> ? AND name = ?"],
    ];

    test.each(BREAKS)("notices %s", async (_, sql) => {
      const [path] = pathsOf("sound", 1, "bins-0");
      await add(worker, [path!]);
      await publish(worker);
      await expectSoundAndDone(worker, place);
      const parameters = [Buffer.from("other"), "bins-0"];
      expect(await worker.database.session((session) => session.run({ sql, parameters }))).toBeGreaterThan(0);
      await expect(expectSoundAndDone(worker, place)).rejects.toThrow();
    });
  });
});

/** What the writer did last to the path: the SHA-256 it put, or nothing where it removed it. */
function lastOf(edits: readonly TufEdit[], path: string): string | undefined {
  const last = edits.findLast((edit) => ("put" in edit ? path in edit.put : edit.drop.includes(path)));
  return last !== undefined && "put" in last ? contentOf(last.put[path]!).sha256 : undefined;
}

/** Verifies everything published, again and again; answers how often. Snapshots never fall. */
async function readUntil({ ports }: TufWorker, ended: () => boolean): Promise<number> {
  let seen = 0;
  let times = 0;
  for (; !ended(); times++) {
    const all = verifyTufRepository(ports, Date.now());
    let step = await all.next();
    while (step.done !== true) step = await all.next();
    expect(step.value.snapshotVersion).toBeGreaterThanOrEqual(seen);
    seen = step.value.snapshotVersion;
  }
  return times;
}
