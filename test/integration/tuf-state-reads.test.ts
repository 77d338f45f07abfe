import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { binNames, binOf, type HashBins } from "../../domain/tuf/hash-bins.js";
import type { RoleState } from "../../domain/tuf/tuf-store.js";
import type { Statement } from "../../infrastructure/persistence/connection/session.js";
import { SqlTufStore } from "../../infrastructure/persistence/tuf/sql-tuf-store.js";
import { addDelegation } from "../../src/application/tuf/delegations/add-delegation.js";
import { removeDelegation } from "../../src/application/tuf/delegations/remove-delegation.js";
import { addTargets } from "../../src/application/tuf/targets/add-targets.js";
import { overridden } from "../support/overridden.js";
import { onSqlBackends } from "./backends.js";
import { contentOf, REPOSITORY, tufWorkerOfEachTest } from "./tuf-place.js";

const PATHS = Array.from({ length: 60 }, (_, index) => `team/${index}`);

function binsOf(bitLength: number): HashBins {
  return { bitLength, namePrefix: "team" };
}

/** By bin: the paths that it holds. */
function held(states: readonly RoleState[]): Record<string, readonly string[]> {
  return Object.fromEntries(states.map(({ name, targets }) => [name, [...targets.keys()].sort()]));
}

/** By bin: the paths that belong into it. */
function belonging(bins: HashBins, names: readonly string[]): Record<string, readonly string[]> {
  const binOfPath = (path: string) => binOf(bins, createHash("sha256").update(path).digest());
  return Object.fromEntries(names.map((name) => [name, PATHS.filter((path) => binOfPath(path) === name).sort()]));
}

onSqlBackends((testDatabase) => {
  const worker = tufWorkerOfEachTest(() => testDatabase().url);

  /** A custom role with all paths in its bins. */
  async function addTeam(bitLength: number): Promise<void> {
    const { ports } = worker();
    await addDelegation(ports, REPOSITORY, { role: "team", paths: ["team/*"], bins: 2 ** bitLength });
    await addTargets(ports, REPOSITORY, new Map(PATHS.map((path) => [path, contentOf(path)])));
  }

  test("bins of several spaces are read together, each with its own targets", async () => {
    await addTeam(2);
    const { store } = worker().ports;
    const names = binNames(binsOf(2));
    const states = await store.roleStates(REPOSITORY, ["targets", "bins-1", ...names, "team"]);
    expect(held(states)).toEqual({ targets: [], "bins-1": [], team: [], ...belonging(binsOf(2), names) });
  });

  test("bins are read by ranges of the targets' key, whatever else the repository holds", async () => {
    await addTeam(2);
    await addTargets(worker().ports, REPOSITORY, new Map(PATHS.map((path) => [`x${path}`, contentOf(path)])));
    const { database } = worker();
    const sent: Statement[] = [];
    const watched = overridden(database, {
      session: (work) =>
        database.session((session) =>
          work(overridden(session, { rows: (statement) => (sent.push(statement), session.rows(statement)) })),
        ),
    });
    await new SqlTufStore(watched).roleStates(REPOSITORY, binNames(binsOf(2)).slice(0, 2));
    const { sql, parameters } = sent.at(-1)!;
    const { name } = await database.dialect();
    const explain = name === "sqlite" ? "EXPLAIN QUERY PLAN" : "EXPLAIN";
    const plan = await database.session((session) => session.rows({ sql: `${explain} ${sql}`, parameters }));
    const steps = plan.map((row) => row.join(" ")).filter((step) => /\bt\b/.test(step));
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps) {
      expect(step).toMatch(name === "sqlite" ? /SEARCH t .*repository=\? AND space=\? AND path_hash>/ : /\brange\b/);
    }
  });

  test("bins that others replace between the two reads are read as they are then", async () => {
    await addTeam(2);
    const { database, ports } = worker();
    let reads = 0;
    const interrupted = overridden(database, {
      session: async (work) => {
        if (++reads === 2) {
          await removeDelegation(ports, REPOSITORY, "team", { withTargets: true });
          await addTeam(3);
        }
        return database.session(work);
      },
    });
    const names = binNames(binsOf(2));
    const states = await new SqlTufStore(interrupted).roleStates(REPOSITORY, names);
    expect(held(states)).toEqual(belonging(binsOf(3), names));
    expect(reads).toBeGreaterThan(2);
  });
});
