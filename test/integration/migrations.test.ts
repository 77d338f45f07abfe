import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { MIGRATIONS } from "../../infrastructure/persistence/migrations/index.js";
import type { RecordTable } from "../../infrastructure/persistence/records/record-table.js";
import type { Row } from "../../infrastructure/persistence/connection/session.js";
import { releaseTogether, startChild } from "../support/child.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { TcpProxy } from "../support/tcp-proxy.js";
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

/** Statements of migrations that find out whether they were run before, and those that are run again. */
const STRUCTURE = /CREATE (TABLE (?!distinction_pattern)|INDEX)|ALTER TABLE|INSERT INTO `distinction_migrations`/;
const STRUCTURE_OR_ROWS = new RegExp(`${STRUCTURE.source}|INSERT INTO|UPDATE `);

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

    if (backend === "server") {
      test("go on where a process died, whichever statement was its last", async () => {
        const empty = await createEmpty();
        const { hostname, port } = new URL(empty.url);
        const proxy = await TcpProxy.to(hostname, Number(port || 3306));
        onTestFinished(async () => {
          await proxy.close();
          await empty.drop();
        });
        // Each start gets exactly one statement done, and does not live to learn it.
        let starts = 0;
        for (let isDone = false; !isDone; starts++) {
          const database = openTestDatabase(proxy.through(empty.url), { poolSize: 1 });
          // Every other start gets past what is run again each time.
          proxy.breakAt(starts % 2 === 0 ? STRUCTURE : STRUCTURE_OR_ROWS, "drop reply");
          isDone = await database.connect().then(
            () => true,
            (error: unknown) => (expect(error).toMatchObject({ code: "DATABASE_UNAVAILABLE" }), false),
          );
          await database.close();
        }
        expect(starts).toBeGreaterThan(20);
        const database = openTestDatabase(empty.url);
        onTestFinished(() => database.close());
        expect(await executed(database)).toEqual(MIGRATIONS.map(({ name }) => name));
        const everything = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()";
        const names = await migrated.session((session) => session.rows({ sql: everything, parameters: [] }));
        for (const [table] of names) {
          const should = await describedBy(migrated, catalog, String(table));
          expect(await describedBy(database, catalog, String(table)), String(table)).toEqual(should);
        }
        const head = { sql: "SELECT id, next_position FROM distinction_history_head", parameters: [] };
        expect(await database.session((session) => session.rows(head))).toEqual([[1, 1]]);
        await imagesIn(database).add(newImage());
      }, 60_000);

      test("leave a table alone that only has the name of one of theirs, and say so", async () => {
        const empty = await createEmpty();
        const own = openTestDatabase(empty.url, { schema: "unmanaged" });
        const database = openTestDatabase(empty.url);
        onTestFinished(async () => {
          await closeAll([own, database]);
          await empty.drop();
        });
        const statement = (sql: string) =>
          own.session((session) => session.run({ sql, parameters: [], varying: true }));
        await statement("CREATE TABLE image_tags (image_id INT PRIMARY KEY, label TEXT)");
        await statement("INSERT INTO image_tags VALUES (1, 'kept')");
        const message = "a table image_tags exists that no migration of this library made";
        await expect(database.connect()).rejects.toMatchObject({ code: "DATABASE_ERROR", message });
        const rows = own.session((session) => session.rows({ sql: "SELECT * FROM image_tags", parameters: [] }));
        expect(await rows).toEqual([[1, "kept"]]);
      });
    }
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
