import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onSqlBackends } from "./backends.js";

/** Whether V8 keeps an object as a row of values. As a hash table it takes about three times the memory. */
setFlagsFromString("--allow-natives-syntax");
const isCompact = runInNewContext("(object) => %HasFastProperties(object)") as (object: object) => boolean;

describe("records that are loaded, and the states that they rest on, are compact", () => {
  onSqlBackends((place) => {
    test.each([4, 16, 17, 19, 20, 22, 23, 40, 64, 100])("with %i attributes", async (width) => {
      const columns = Array.from({ length: width - 1 }, (_, index) => `w${width}c${index}`);
      const attributes = { id: text(36), ...Object.fromEntries(columns.map((name) => [name, integer(0)])) };
      const type = recordType({ name: `width ${width}`, key: "id", attributes });
      const table = recordTable(type, { name: `width_${width}` });
      const database = openTestDatabase(place().url);
      try {
        await createTestTables(database, table);
        const insert = `INSERT INTO width_${width} VALUES ('a', ${"7, ".repeat(width - 1)}1)`;
        await database.session((session) => session.run({ sql: insert, parameters: [] }));
        const store = new SqlRecordStore(database, table);
        const records = new DistinctRepository(type, store, environment);
        for (let load = 0; load < 3; load++) {
          expect(isCompact(await records.get("a"))).toBe(true);
          const [state] = await store.load([["a"]]);
          expect(isCompact(state!.attributes)).toBe(true);
        }
      } finally {
        await database.close();
      }
    });
  });
});
