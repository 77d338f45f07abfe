import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Database } from "../../infrastructure/persistence/database.js";
import { imageTable } from "../../infrastructure/persistence/image-table.js";
import { MIGRATIONS } from "../../infrastructure/persistence/migrations/index.js";
import type { RecordTable } from "../../infrastructure/persistence/record-table.js";
import type { Row } from "../../infrastructure/persistence/session.js";
import { releaseTogether, startChild } from "../support/child.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";
import { closeAll, imagesIn, newImage, onSqlBackends } from "./backends.js";

const MIGRATE = new URL("migrate.child.ts", import.meta.url);

/** What a database knows of a table: names, types, keys, collations, in comparable rows. `?` is the table's name. */
const SERVER_CATALOG = [
  `SELECT column_name, column_type, is_nullable, column_default, character_set_name, collation_name, extra
     FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`,
  `SELECT constraint_type, k.column_name, k.referenced_table_name, k.referenced_column_name
     FROM information_schema.table_constraints t
     JOIN information_schema.key_column_usage k USING (constraint_schema, table_name, constraint_name)
    WHERE t.constraint_schema = DATABASE() AND t.table_name = ? ORDER BY constraint_type, k.ordinal_position`,
  `SELECT delete_rule, update_rule, referenced_table_name FROM information_schema.referential_constraints
    WHERE constraint_schema = DATABASE() AND table_name = ?`,
  `SELECT non_unique, seq_in_index, column_name, sub_part, index_type
     FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ?
    ORDER BY index_name, seq_in_index`,
  `SELECT engine, table_collation, row_format FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_name = ?`,
];
const SQLITE_CATALOG = [
  `SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY cid`,
  `SELECT "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id, seq`,
  `SELECT i."unique", i.origin, i.partial, c.seqno, c.name, c.coll
     FROM pragma_index_list(?) i, pragma_index_xinfo(i.name) c ORDER BY i.name, c.seqno`,
  `SELECT strict, wr FROM pragma_table_list WHERE name = ?`,
];

describe("the migrations", () => {
  onSqlBackends((place, backend) => {
    const createEmpty = backend === "server" ? createServerDatabase : createSqliteFile;
    const catalog = backend === "server" ? SERVER_CATALOG : SQLITE_CATALOG;
    let migrated: Database;
    let generated: Database;
    let other: TestDatabase;
    beforeAll(async () => {
      other = await createEmpty();
      migrated = openTestDatabase(place().url);
      generated = openTestDatabase(other.url, { schema: "unmanaged" });
      await createTestTables(generated, imageTable);
    });
    afterAll(async () => {
      await closeAll([migrated, generated]);
      await other.drop();
    });

    test.each(tablesOf(imageTable))("create %s exactly as the record type describes it", async (table) => {
      const [published, described] = [
        await describedBy(migrated, catalog, table),
        await describedBy(generated, catalog, table),
      ];
      expect(published[0]!.length).toBeGreaterThan(0);
      expect(published).toEqual(described);
    });

    test("run once, however often the database is opened", async () => {
      const image = newImage({ tags: ["kept"] });
      await imagesIn(migrated).add(image);
      const again = openTestDatabase(place().url);
      onTestFinished(() => again.close());
      expect((await imagesIn(again).get(image.id)).tags).toContain("kept");
      expect(await executed(again)).toEqual(MIGRATIONS.map(({ name }) => name));
    });

    test("run over a single connection", async () => {
      const empty = await createEmpty();
      const database = openTestDatabase(empty.url, { poolSize: 1 });
      onTestFinished(async () => {
        await database.close();
        await empty.drop();
      });
      expect(await executed(database)).toEqual(MIGRATIONS.map(({ name }) => name));
    });

    test("run once for several clients of one process that open the database together", async () => {
      const empty = await createEmpty();
      const databases = Array.from({ length: 4 }, () => openTestDatabase(empty.url));
      onTestFinished(async () => {
        await closeAll(databases);
        await empty.drop();
      });
      await Promise.all(databases.map((database) => database.connect()));
      expect(await executed(databases[0]!)).toEqual(MIGRATIONS.map(({ name }) => name));
    });

    test("run once for several processes that open the database together", async () => {
      const empty = await createEmpty();
      const database = openTestDatabase(empty.url);
      onTestFinished(async () => {
        await database.close();
        await empty.drop();
      });
      const children = Array.from({ length: 4 }, () => startChild(MIGRATE, { url: empty.url }));
      await releaseTogether(children);
      await Promise.all(children.map((child) => child.output));
      expect(await executed(database)).toEqual(MIGRATIONS.map(({ name }) => name));
      await imagesIn(database).add(newImage());
    });
  });
});

function tablesOf({ name, entryTables }: RecordTable): string[] {
  return [name, ...Object.values(entryTables).map((entries) => entries.name)];
}

function describedBy(database: Database, catalog: readonly string[], table: string): Promise<(readonly Row[])[]> {
  return database.session(async (session) => {
    const answers: (readonly Row[])[] = [];
    for (const sql of catalog) answers.push(await session.rows({ sql, parameters: [table] }));
    return answers;
  });
}

/** The migrations that the database remembers, in their order. */
async function executed(database: Database): Promise<unknown[]> {
  const sql = "SELECT name FROM distinction_migrations ORDER BY id";
  const rows = await database.session((session) => session.rows({ sql, parameters: [] }));
  return rows.map(([name]) => name);
}
