import "reflect-metadata";
import { type DataSource, EntitySchema } from "typeorm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Step {
  id: string;
  name: string;
  at: Date | null;
  words: string[] | null;
  doc: unknown;
}

interface Trip {
  id: string;
  version: number;
  steps: Step[];
}

const tripSchema = new EntitySchema<Trip>({
  name: "Trip",
  columns: {
    id: { type: String, primary: true, length: 36 },
    version: { type: Number, version: true },
  },
  relations: { steps: { type: "one-to-many", target: "Step", inverseSide: "trip", cascade: true } },
});

const stepSchema = new EntitySchema<Step & { trip: Trip }>({
  name: "Step",
  columns: {
    id: { type: String, primary: true, length: 36 },
    name: { type: String, length: 20 },
    at: { type: "datetime", nullable: true },
    words: { type: "simple-array", nullable: true },
    doc: { type: "simple-json", nullable: true },
  },
  relations: { trip: { type: "many-to-one", target: "Trip", inverseSide: "steps", nullable: false } },
});

/** What another writer stored outside the rules of the columns' entity. */
const FINER_TIME = "2026-01-01 10:00:00.123456";
const EARLY_TIME = "0500-01-01 00:00:00";
const MANY_DIGITS = '{"a":12345678901234567890.123}';

describe("of a child only the changed columns are written", () => {
  onSqlBackends((place, backend) => {
    const isServer = backend === "server";
    let dataSource: DataSource;
    let trips: EntityRepository<Trip>;
    const sent: string[] = [];
    beforeAll(async () => {
      dataSource = await openDataSource(place().url, { entities: [tripSchema, stepSchema], synchronize: true });
      trips = distinct(dataSource, tripSchema, {
        random: () => 0,
        onStatement: ({ kind, sql }) => void (kind === "statement" && sent.push(sql)),
      });
      if (isServer) await dataSource.query("ALTER TABLE step MODIFY at DATETIME(6) NULL");
    });
    afterAll(() => dataSource.destroy());

    let trip: Trip;
    beforeEach(async () => {
      await dataSource.query("DELETE FROM step");
      await dataSource.query("DELETE FROM trip");
      await dataSource.query("INSERT INTO trip (id, version) VALUES ('t', 1)");
      await insertStep("finer", FINER_TIME, null, null);
      await insertStep("digits", null, null, MANY_DIGITS);
      await insertStep("plain", null, "a,b", "{}");
      trip = await trips.get("t");
      sent.length = 0;
    });

    async function insertStep(id: string, at: string | null, words: string | null, doc: string | null): Promise<void> {
      const writer = dataSource.createQueryRunner();
      if (isServer) await writer.query("SET SESSION sql_mode = ''");
      await writer.query("INSERT INTO step (id, name, at, words, doc, tripId) VALUES (?, 'old', ?, ?, ?, 't')", [
        id,
        at,
        words,
        doc,
      ]);
      if (isServer) await writer.query("SET SESSION sql_mode = DEFAULT");
      await writer.release();
    }

    async function stored(id: string): Promise<unknown> {
      const at = isServer ? "CAST(at AS CHAR) AS at" : "at";
      const [row] = await dataSource.query<object[]>(`SELECT name, ${at}, words, doc FROM step WHERE id = ?`, [id]);
      return { ...row };
    }

    const step = (id: string): Step => trip.steps.find((one) => one.id === id)!;

    test("what the others hold stays as it is stored, finer than the entity says", async () => {
      step("finer").name = "new";
      step("digits").name = "new";
      await trips.save(trip);
      expect(await stored("finer")).toEqual({ name: "new", at: FINER_TIME, words: null, doc: null });
      expect(await stored("digits")).toEqual({ name: "new", at: null, words: null, doc: MANY_DIGITS });
      expect(sent).toEqual([
        expect.stringMatching(/^UPDATE .trip/),
        expect.stringMatching(/^INSERT .*name.$|name. = /),
      ]);
      expect(sent[1]).not.toMatch(/doc. = |at. = |words. = /);
    });

    test("what somebody else writes into the others, without raising the version, stays", async () => {
      step("plain").name = "new";
      await dataSource.query(`UPDATE step SET words = 'c' WHERE id = 'plain'`);
      await trips.save(trip);
      expect(await stored("plain")).toMatchObject({ name: "new", words: "c" });
    });

    test("what breaks a rule in the others hinders nothing, alone, in a batch and after a merge", async () => {
      await insertStep("early", EARLY_TIME, null, null);
      if (isServer) await insertStep("zero", "0000-00-00 00:00:00", null, null);
      const ids = isServer ? ["early", "zero"] : ["early"];
      const shown = await Promise.all(ids.map(stored));
      const expectNamed = async (name: string): Promise<void> => {
        expect(await Promise.all(ids.map(stored))).toEqual(shown.map((one) => ({ ...(one as object), name })));
      };
      trip = await trips.get("t");
      const stale = await trips.get("t");
      expect(trips.changes(trip).changes).toEqual([]);
      for (const id of ids) step(id).name = "new";
      expect(trips.changes(trip).changes.map(({ kind }) => kind)).toEqual(ids.map(() => "entry.put"));
      await trips.save(trip);
      await expectNamed("new");
      expect(await trips.save(trip)).toMatchObject({ written: false });
      for (const id of ids) step(id).name = "again";
      step("plain").name = "again";
      await trips.saveAll([trip]);
      await expectNamed("again");
      stale.steps.push({ id: "added", name: "added", at: null, words: null, doc: null });
      expect(await trips.save(stale)).toMatchObject({ written: true, retries: 1 });
      for (const one of stale.steps) one.name = "last";
      await trips.save(stale);
      await expectNamed("last");
    });

    test("a rule that is broken by what was changed is told, and what is forced has to obey them all", async () => {
      await insertStep("early", EARLY_TIME, null, null);
      trip = await trips.get("t");
      step("early").at = new Date(Number.NaN);
      await expect(trips.save(trip)).rejects.toMatchObject({
        code: "INVALID_VALUE",
        id: "t",
        faults: [{ reason: expect.stringContaining("at: ") as string }],
      });
      trip = await trips.get("t");
      await expect(trips.save(trip, { force: [["steps", "early"]] })).rejects.toMatchObject({
        code: "INVALID_VALUE",
        id: "t",
        faults: [{ path: 'steps["early"]' }],
      });
      expect(await trips.save(trip, { force: [["steps", "plain"]] })).toMatchObject({ written: true });
    });

    test("one that is gone, though the version is not raised, is not passed over in silence", async () => {
      await insertStep("early", EARLY_TIME, null, null);
      trip = await trips.get("t");
      await dataSource.query("DELETE FROM step WHERE id = 'early'");
      step("early").name = "new";
      await expect(trips.save(trip)).rejects.toMatchObject({ code: "CORRUPT_RECORD" });
      await expect(trips.saveAll([trip])).rejects.toMatchObject({ code: "CORRUPT_RECORD" });
      expect((await trips.get("t")).version).toBe(1);
    });
  });
});
