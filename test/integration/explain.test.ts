import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { changeSetFromJson } from "../../domain/distinction/diff/change-set-json.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { ConflictError } from "../../domain/distinction/errors.js";
import type { PlannedStatement } from "../../domain/distinction/save/explanation.js";
import type { SaveOptions } from "../../domain/distinction/save/save-options.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { FakeClock } from "../support/fake-clock.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { SHOWS_SECRET, vaultTable, vaultType, type Vault } from "../support/vault.js";
import { closeAll, onSqlBackends } from "./backends.js";

const environment = { clock: new FakeClock(), random: () => 0, firstVersion: () => 1 };

const CASES: [name: string, change: (vault: Vault) => void, options?: SaveOptions][] = [
  ["one attribute", (vault) => void (vault.name = "new")],
  ["a JSON path", (vault) => void ((vault.settings as { a: { b: number } }).a.b = 2)],
  ["a whole JSON document", (vault) => void (vault.settings = [1, 2])],
  ["a property", (vault) => void vault.properties.set("p1", "new")],
  ["several properties", (vault) => ["p1", "p2", "p3"].forEach((key) => vault.properties.set(key, "new"))],
  ["labels", (vault) => void (vault.labels.add("new"), vault.labels.delete("old"))],
  [
    "several",
    (vault) => {
      vault.name = "new";
      vault.left = 3;
      vault.properties.delete("p1");
      vault.properties.set("p2", "new");
      vault.labels.add("more");
    },
  ],
  ["nothing", () => undefined],
  ["a sum", (vault) => void vault.views++],
  ["what is forced", () => undefined, { force: ["name", ["properties", "p1"]] }],
  ["guards", (vault) => void (vault.name = "new"), { expect: ["views"] }],
  ["guards and nothing else", () => undefined, { expect: ["views", "properties"] }],
  ["a strict save of nothing", () => undefined, { mode: "strict" }],
  [
    "secrets",
    (vault) => {
      vault.password = "new SECRET";
      vault.pin = 770_077_004;
      vault.balance = 77_007_700_777_777_777n;
      vault.price = "77007700.77";
      (vault.keys as { a: string }).a = "changed SECRET";
      vault.accounts.set("a1", { user: "u", token: "new SECRET" });
      vault.codes.add("new SECRET");
      vault.codes.delete("SECRET code");
    },
  ],
];

describe("explain", () => {
  onSqlBackends((place) => {
    let sent: StatementEvent[] = [];
    let database: Database;
    let id: string;
    beforeAll(async () => {
      database = openTestDatabase(place().url, { onStatement: (event) => void sent.push(event) });
      await createTestTables(database, vaultTable);
    });
    afterAll(() => closeAll([database]));
    beforeEach(async () => {
      id = randomUUID();
      const vaults = new DistinctRepository(vaultType, new SqlRecordStore(database, vaultTable), environment);
      await vaults.add(vaults.create({ ...sample(), id }));
    });

    describe.each([
      ["without history", () => new SqlRecordStore(database, vaultTable)],
      ["with history", () => new HistoryRecordStore(database, vaultTable, environment)],
    ])("%s", (_, store) => {
      test.each(CASES)(
        "shows the statements that a save of %s sends, and sends none",
        async (_name, change, options) => {
          const vaults = new DistinctRepository(vaultType, store(), environment);
          const vault = await vaults.get(id);
          change(vault);
          sent = [];
          const explanation = await vaults.explain(vault, options);
          expect(sent).toEqual([]);
          const before = await new SqlRecordStore(database, vaultTable).load([[id]]);
          expect(before[0]!.version).toBe(explanation.base);

          sent = [];
          await vaults.save(vault, options);
          expect(comparable(explanation.statements!)).toEqual(comparable(sent.map(asPlanned)));
        },
      );

      test.each(CASES)("shows those that a save of %s sends inside a unit of work", async (_name, change, options) => {
        const vaults = new DistinctRepository(vaultType, store(), environment);
        const unit = new SqlUnitOfWork(database, environment);
        await unit.run(async (tx) => {
          const inside = tx.repository(vaults);
          const vault = await inside.get(id);
          change(vault);
          sent = [];
          const { statements } = await inside.explain(vault, options);
          expect(sent).toEqual([]);
          await inside.save(vault, options);
          expect(comparable(statements!)).toEqual(comparable(sent));
        });
      });
    });

    test("shows no secret, neither in statements nor in changes, and neither do the statements that are sent", async () => {
      const vaults = new DistinctRepository(
        vaultType,
        new HistoryRecordStore(database, vaultTable, environment),
        environment,
      );
      const vault = await vaults.get(id);
      CASES.find(([name]) => name === "secrets")![1](vault);
      const explanation = await vaults.explain(vault);
      expect(explanation.changes.length).toBeGreaterThan(5);
      expect(JSON.stringify(explanation)).not.toMatch(SHOWS_SECRET);
      expect(String(explanation)).not.toMatch(SHOWS_SECRET);
      expect(String(explanation)).toContain("[secret]");
      await vaults.save(vault);
      expect(await vaults.get(id, { codes: ["new SECRET"] })).toMatchObject({
        password: "new SECRET",
        pin: 770_077_004,
        balance: 77_007_700_777_777_777n,
        price: "77007700.77",
        keys: { a: "changed SECRET" },
      });
      expect(sent.length).toBeGreaterThan(3);
      const shown = JSON.stringify(sent, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
      expect(shown).not.toMatch(SHOWS_SECRET);
    });
  });

  test("names the policies, the groups and the guards in force, as text and as JSON", async () => {
    const vaults = new DistinctRepository(vaultType, new MemoryRecordStore(vaultType), environment);
    const vault = vaults.create({ ...sample(), id: "v1" });
    await vaults.add(vault);
    vault.views = 8;
    vault.left = 1;
    vault.name = "sample";
    vault.properties.set("p1", "new");
    vault.labels.add("mine");
    const explanation = await vaults.explain(vault, { expect: ["settings"], force: ["name"] });
    expect(explanation.statements).toBeUndefined();
    expect(explanation.changes).toEqual([
      { path: "left", from: 0, to: 1, policy: "reject", isForced: false, groups: [["left", "right"]] },
      { path: "name", from: "sample", to: "sample", policy: "mine", isForced: true, groups: [] },
      { path: "views", from: 7, to: 8, policy: "sum", isForced: false, groups: [] },
      { path: 'labels["mine"]', from: undefined, to: true, policy: "union", isForced: false, groups: [] },
      { path: 'properties["p1"]', from: "1", to: "new", policy: "reject", isForced: false, groups: [] },
    ]);
    expect(String(explanation)).toBe(
      [
        "vault v1 @1, merge, guarded by settings",
        "  left: 0 -> 1 (reject, conflicts with left, right)",
        '  name: "sample" -> "sample" (forced)',
        "  views: 7 -> 8 (sum)",
        '  labels["mine"]: none -> true (union)',
        '  properties["p1"]: "1" -> "new" (reject)',
      ].join("\n"),
    );
    const plain = JSON.parse(JSON.stringify(explanation)) as { changeSet: object; guards: string[] };
    expect(plain.guards).toEqual(["settings"]);
    expect(changeSetFromJson(JSON.stringify(plain.changeSet)).changes).toHaveLength(5);
  });

  test("refuses what a save would refuse", async () => {
    const vaults = new DistinctRepository(vaultType, new MemoryRecordStore(vaultType), environment);
    const vault = vaults.create({ id: "v2" });
    await expect(vaults.explain(vault)).rejects.toMatchObject({ code: "UNTRACKED_RECORD" });
    await vaults.add(vault);
    vault.views = 0.5;
    await expect(vaults.explain(vault)).rejects.toMatchObject({ code: "INVALID_VALUE" });
    expect(await vaults.trySave(await vaults.get("v2"))).not.toBeInstanceOf(ConflictError);
  });
});

function sample() {
  return {
    name: "sample",
    views: 7,
    settings: { a: { b: 1, text: "long enough that a path is the shorter statement to send for one of its members" } },
    password: "SECRET",
    keys: { a: "SECRET", text: "long enough that a path is the shorter statement to send for one of its members" },
    properties: [["p1", "1"] as const, ["p2", "2"] as const],
    labels: ["old"],
    accounts: [["a1", { user: "u", token: "SECRET" }] as const],
    codes: ["SECRET code"],
  };
}

/** Servers and files begin transactions in other words. */
function asPlanned({ kind, sql, parameters }: StatementEvent): PlannedStatement {
  return { sql: kind === "begin" ? "BEGIN" : sql, parameters };
}

/** A write has an operation of its own, which nobody can know before. */
function comparable(statements: readonly PlannedStatement[]): unknown[] {
  const operation = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
  return statements.map(({ sql, parameters }) => {
    const isHistory = sql.includes("distinction_history");
    const known = (value: unknown, index: number) =>
      isHistory && index > 2 && operation.test(String(value)) ? "?" : value;
    return { sql, parameters: parameters.map(known) };
  });
}
