import { expect, test } from "vitest";
import { SqlTargetEdits } from "../../infrastructure/persistence/tuf/sql-target-edits.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { removeTargets } from "../../src/application/tuf/targets/remove-targets.js";
import { onSqlBackends } from "./backends.js";
import { binOfPath, contentOf, pathsOf, REPOSITORY, type TufWorker, tufWorkerOfEachTest } from "./tuf-place.js";

onSqlBackends((testDatabase) => {
  const worker = tufWorkerOfEachTest(() => testDatabase().url);

  const [x, y] = pathsOf("packages", 2, "bins-0") as [string, string];
  const stored = async () => {
    const [bin] = await worker().ports.store.roleStates(REPOSITORY, [binOfPath(x)]);
    return Object.fromEntries(bin!.targets);
  };
  const put = (content: Record<string, string>, { ports } = worker()) =>
    addTargets(ports, REPOSITORY, new Map(Object.entries(content).map(([path, text]) => [path, contentOf(text)])));

  test("of two batches on a bin the one that is written last holds whole, also what it had found as it wanted it", async () => {
    await put({ [x]: "one", [y]: "one" });
    await put(
      { [x]: "one", [y]: "two" },
      overtakenBy(() => put({ [x]: "three", [y]: "three" })),
    );
    expect(await stored()).toEqual({ [x]: contentOf("one"), [y]: contentOf("two") });
  });

  test("a removal that found nothing there holds too, with the rest of its batch", async () => {
    const { ports } = overtakenBy(() => put({ [x]: "late" }));
    await ports.edits.accept(REPOSITORY, [
      {
        bin: "bins-0",
        edits: [
          { path: x, digest: ports.codec.pathDigest(x), target: null },
          { path: y, digest: ports.codec.pathDigest(y), target: contentOf("new") },
        ],
      },
    ]);
    expect(await stored()).toEqual({ [y]: contentOf("new") });
  });

  test("a bin that is as a batch wants it stays clean", async () => {
    await put({ [x]: "one" });
    const [before] = await worker().ports.store.roleStates(REPOSITORY, ["bins-0"]);
    await put({ [x]: "one" });
    await removeTargets(worker().ports, REPOSITORY, [y]);
    expect(await worker().ports.store.roleStates(REPOSITORY, ["bins-0"])).toEqual([before]);
  });

  /** A worker whose edits meet another's between what they read and what they write. */
  function overtakenBy(other: () => Promise<unknown>): TufWorker {
    const { database, ports } = worker();
    const overtaken: Pick<Database, "layout" | "hasFixedView" | "dialect" | "session" | "transaction"> = {
      layout: (table, transaction) => database.layout(table, transaction),
      hasFixedView: database.hasFixedView,
      dialect: () => database.dialect(),
      session: (work) => database.session(work),
      transaction: async (work) => {
        await other();
        return database.transaction(work);
      },
    };
    return { database, ports: { ...ports, edits: new SqlTargetEdits(overtaken) } };
  }
});
