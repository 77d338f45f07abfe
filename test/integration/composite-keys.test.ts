import "reflect-metadata";
import { describe, expect, onTestFinished, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { entries } from "../../domain/distinction/types/collection-type.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { text } from "../../domain/distinction/types/text-types.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onSqlBackends } from "./backends.js";

const seatType = recordType({
  name: "seat",
  key: ["hall", "number"],
  attributes: { hall: text(20), number: integer(), guest: withInitial(text(50), "") },
  collections: { notes: entries(text(20), text(50)) },
});
const seatTable = recordTable(seatType, {
  name: "seats",
  entries: { notes: { name: "seat_notes", keyColumn: "name" } },
});

/** Deeper than SQLite lets a condition nest, if each id were one alternative of it. */
const MANY = 1_200;

describe("records with composite keys", () => {
  onSqlBackends((place, backend) => {
    test("are read, listed and saved by the thousand, by primary key", async () => {
      const told: StatementEvent[] = [];
      const database = openTestDatabase(place().url, { onStatement: (event) => void told.push(event) });
      onTestFinished(() => database.close());
      await createTestTables(database, seatTable);
      const seats = new DistinctRepository(seatType, new SqlRecordStore(database, seatTable), environment);
      const all = Array.from({ length: MANY }, (_, number) => seats.create({ hall: "h", number }));
      await seats.addAll(all);
      for (const seat of all) seat.guest = `guest ${seat.number}`;
      await seats.saveAll(all);
      expect((await seats.list({ limit: 1_000 })).records).toHaveLength(1_000);
      told.length = 0;
      const found = await seats.getMany(all.map(({ hall, number }) => ({ hall, number })));
      expect([...found.values()].map(({ guest }) => guest).sort()).toEqual(all.map(({ guest }) => guest).sort());
      if (backend !== "SQLite") return;
      const { sql } = told.find((one) => one.sql.includes("IN (VALUES"))!;
      const parameters = told.find((one) => one.sql === sql)!.parameters;
      const plan = await database.session((session) =>
        session.rows({ sql: `EXPLAIN QUERY PLAN ${sql}`, parameters, varying: true }),
      );
      const steps = plan.flat().map(String).join("\n");
      expect(steps).toMatch(/SEARCH (seats|r) USING .*(PRIMARY KEY|autoindex)/);
      expect(steps).not.toMatch(/SCAN (seats|r)\b/);
    }, 60_000);
  });
});
