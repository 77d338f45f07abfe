import { afterEach, beforeEach, expect, test } from "vitest";
import { TufRepositoryService } from "../../src/application/tuf/tuf-repository-service.js";
import { onSqlite } from "./backends.js";
import {
  contentOf,
  createTufPlace,
  forgetRepositories,
  pathsOf,
  REPOSITORY,
  type TufWorker,
  workerAt,
} from "./tuf-place.js";

/**
 * I7: a row is written only if it changes, and once. SQLite counts the rows that a connection wrote, changed or not; that is
 * compared with the rows that are other rows afterwards.
 */
onSqlite((testDatabase) => {
  let worker: TufWorker;
  let tuf: TufRepositoryService;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    await forgetRepositories(testDatabase().url);
    const made = await createTufPlace(testDatabase().url);
    remove = made.remove;
    worker = workerAt(made.place);
    tuf = new TufRepositoryService(worker.ports, REPOSITORY);
    await tuf.add(targets("there", 200));
    await tuf.publish();
  });
  afterEach(async () => {
    await worker.database.close();
    await remove();
  });

  const targets = (prefix: string, count: number) =>
    new Map(pathsOf(prefix, count).map((path) => [path, contentOf(path)]));

  const query = (sql: string) => worker.database.session((session) => session.rows({ sql, parameters: [] }));

  async function tables(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const names = await query("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'tuf_%'");
    const rows = new Map<string, ReadonlySet<string>>();
    for (const [name] of names as [string][]) {
      const all = await query(`SELECT * FROM ${name}`);
      rows.set(
        name,
        new Set(
          all.map((row) =>
            JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value)),
          ),
        ),
      );
    }
    return rows;
  }

  const written = async () => Number((await query("SELECT total_changes()"))[0]![0]);

  /** Rows written, and rows by table that are other rows now. */
  async function effectOf(work: () => Promise<unknown>) {
    const [before, began] = [await tables(), await written()];
    await work();
    const [rows, after] = [(await written()) - began, await tables()];
    const changed: Record<string, number> = {};
    for (const [name, now] of after) {
      const then = before.get(name)!;
      const [added, gone] = [[...now].filter((row) => !then.has(row)), [...then].filter((row) => !now.has(row))];
      const count = Math.max(added.length, gone.length);
      if (count > 0) changed[name] = count;
    }
    return { rows, changed };
  }

  const sum = (changed: Readonly<Record<string, number>>) =>
    Object.values(changed).reduce((all, count) => all + count, 0);

  test("an add writes its targets and their bins, and nothing else", async () => {
    const one = await effectOf(() => tuf.add(targets("new", 1)));
    expect(one).toEqual({ rows: 2, changed: { tuf_target: 1, tuf_role: 1 } });
    const many = await effectOf(() => tuf.add(targets("many", 40)));
    expect(many).toEqual({ rows: 44, changed: { tuf_target: 40, tuf_role: 4 } });
    expect(await effectOf(() => tuf.remove(["new/0"]))).toEqual({ rows: 2, changed: { tuf_target: 1, tuf_role: 1 } });
  });

  test("what is there already, or not there, writes nothing", async () => {
    expect(await effectOf(() => tuf.add(targets("there", 200)))).toEqual({ rows: 0, changed: {} });
    expect(await effectOf(() => tuf.remove(["never-there"]))).toEqual({ rows: 0, changed: {} });
    expect(await effectOf(() => tuf.publish())).toEqual({ rows: 0, changed: {} });
    expect(await effectOf(() => tuf.renew())).toEqual({ rows: 0, changed: {} });
  });

  test("a publish writes what it signed, and each row once", async () => {
    await tuf.add(targets("new", 1));
    const { rows, changed } = await effectOf(() => tuf.publish());
    // The bin, snapshot and timestamp; the bin's entry and its difference; how far storage is.
    expect(changed).toMatchObject({
      tuf_file: 3,
      tuf_role: 3,
      tuf_snapshot_head: 1,
      tuf_snapshot_diff: 1,
      tuf_export: 1,
    });
    expect(rows).toBe(sum(changed));
  });

  test("a publish of some paths writes what is pending between its two steps, and takes it away", async () => {
    await tuf.add(targets("new", 2));
    const { rows, changed } = await effectOf(() => tuf.publishOnly(["new/0"]));
    expect(changed).toMatchObject({ tuf_file: 3, tuf_role: 3, tuf_snapshot_head: 1, tuf_snapshot_diff: 1 });
    expect(rows).toBe(sum(changed) + 2);
  });
});
