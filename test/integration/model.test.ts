import { afterAll, beforeAll, test } from "vitest";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { clientScript } from "../support/client-script.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { photoType } from "../support/photo.js";
import { onSqlBackends } from "./backends.js";

const photoTable = recordTable(photoType, {
  name: "photos",
  entries: {
    properties: { name: "photo_properties", keyColumn: "name" },
    locations: { name: "photo_locations", keyColumn: "name" },
    ratings: { name: "photo_ratings", keyColumn: "name" },
    tags: { name: "photo_tags", keyColumn: "name" },
    frames: { name: "photo_frames", keyColumn: "name" },
  },
});

onSqlBackends((place) => {
  let database: Database;
  beforeAll(async () => {
    database = openTestDatabase(place().url);
    await createTestTables(database, photoTable);
  });
  afterAll(() => database.close());

  test("2 to 5 clients in any order store what a serial oracle stores", async () => {
    await clientScript(async () => new SqlRecordStore(database, photoTable), 20);
  }, 120_000);
});
