import { afterEach, beforeEach, expect, test } from "vitest";
import { CoalescedTargetEdits } from "../../domain/tuf/coalesced-edits.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { TufRepositoryService } from "../../src/application/tuf/tuf-repository-service.js";
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

/** What a process remembers of a repository from one call to the next, while another process changes it. */
onSqlBackends((testDatabase) => {
  let place: TufPlace;
  let remove: () => Promise<void>;
  let sent: StatementEvent[];
  let workers: [TufWorker, TufWorker];
  let service: TufRepositoryService;
  let other: TufRepositoryService;

  beforeEach(async () => {
    await forgetRepositories(testDatabase().url);
    ({ place, remove } = await createTufPlace(testDatabase().url));
    sent = [];
    workers = [workerAt(place, { onStatement: (event) => void sent.push(event) }), workerAt(place)];
    [service, other] = workers.map(({ ports }) => {
      return new TufRepositoryService({ ...ports, edits: new CoalescedTargetEdits(ports.edits) }, REPOSITORY);
    }) as [TufRepositoryService, TufRepositoryService];
    await add("first");
  });
  afterEach(async () => {
    for (const { database } of workers) await database.close();
    await remove();
  });

  const add = (path: string, content = path) => service.add(new Map([[path, contentOf(content)]]));
  const spaceOf = async (path: string) => {
    const held = await workers[1].ports.store.heldPaths(REPOSITORY, path, { limit: 10 });
    return held.map(({ space }) => space);
  };

  test("one that is accepted costs one round trip more than its bin, its row and their transaction", async () => {
    const costOf = async (edit: () => Promise<unknown>) => {
      sent.length = 0;
      await edit();
      return sent.map(({ kind, sql }) => (kind === "statement" ? sql.split(" ", 1)[0] : kind));
    };
    const written = ["SELECT", "begin", "UPDATE", "INSERT", "commit"];
    expect(await costOf(() => add("new"))).toEqual(written);
    expect(await costOf(() => add("new", "other"))).toEqual(written);
    expect(await costOf(() => add("new", "other"))).toEqual(["SELECT"]);
    expect(await costOf(() => service.remove(["new"]))).toEqual(["SELECT", "begin", "UPDATE", "DELETE", "commit"]);
    expect(await costOf(() => service.remove(["new"]))).toEqual(["SELECT"]);
  });

  test.each([undefined, 4])("a role that another process added holds what is accepted next (%s bins)", async (bins) => {
    await add("team/kept");
    await other.delegations.add({ role: "team", paths: ["team/*"], ...(bins === undefined ? {} : { bins }) });
    expect(await add("team/new")).toMatchObject({ targets: 1 });
    expect(await spaceOf("team/new")).toEqual(["team"]);
    // It is as it was, but not where clients look for it now.
    expect(await add("team/kept")).toMatchObject({ targets: 1 });
    expect(await spaceOf("team/kept")).toEqual(["team"]);
    await service.publish();
    expect([...(await publishedTargets(workers[1])).keys()].sort()).toEqual(["first", "team/kept", "team/new"]);
    await expectSoundAndDone(workers[1], place);
  });

  test("what another process moved into a role is found there by a removal", async () => {
    await other.delegations.add({ role: "team", paths: ["team/*"] });
    await other.add(new Map([["team/a", contentOf("a")]]));
    expect(await service.remove(["team/a"])).toEqual({ targets: 1, bins: ["team"] });
    expect(await spaceOf("team/a")).toEqual([]);
  });

  test("paths of a role that another process removed, and brought back with bins, are where they belong", async () => {
    await other.delegations.add({ role: "team", paths: ["team/*"] });
    await add("team/a");
    expect(await spaceOf("team/a")).toEqual(["team"]);
    await other.delegations.remove("team", { withTargets: true });
    expect(await add("team/b")).toEqual({ targets: 1, bins: [binOfPath("team/b")] });
    await other.delegations.add({ role: "team", paths: ["team/*"], bins: 4 });
    expect(await add("team/c")).toEqual({ targets: 1, bins: [expect.stringMatching(/^team-[0-3]$/)] });
  });

  test("a path that another process's role hid, and hides no more, is accepted", async () => {
    const hidden = "deep/.a"; // clients disagree whether `*` is for it
    await other.delegations.add({ role: "deep", paths: ["deep/*"], terminating: true });
    await expect(add(hidden)).rejects.toMatchObject({ code: "INVALID_TARGET_PATH" });
    await other.delegations.remove("deep");
    expect(await add(hidden)).toMatchObject({ targets: 1 });
    expect(await spaceOf(hidden)).toEqual([""]);
  });

  test("many that wait together are each accepted where they belong, whatever changed", async () => {
    await other.delegations.add({ role: "team", paths: ["team/*"] });
    const paths = ["team/a", "team/b", ...pathsOf("packages", 8)];
    await Promise.all(paths.map((path) => add(path)));
    const spaces = await Promise.all(paths.map(spaceOf));
    expect(spaces).toEqual(paths.map((path) => [path.startsWith("team/") ? "team" : ""]));
  });

  test("a repository that was made anew with other bins is not taken for the one before", async () => {
    await forgetRepositories(place.url);
    await expect(add("a")).rejects.toMatchObject({ code: "REPOSITORY_NOT_FOUND" });
    const anew = await createTufPlace(place.url, { bins: { bitLength: 3, namePrefix: "bins" } });
    try {
      for (const path of pathsOf("packages", 12)) await add(path);
      const states = await workers[1].ports.store.roleStates(
        REPOSITORY,
        Array.from({ length: 8 }, (_, index) => `bins-${index}`),
      );
      expect(states.reduce((sum, { targets }) => sum + targets.size, 0)).toBe(12);
    } finally {
      await anew.remove();
    }
  });
});
