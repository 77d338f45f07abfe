import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { ImageQuery } from "../../domain/image/image-query.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { openTestDatabase } from "../support/open-store.js";
import { closeAll, imagesIn, onSqlite } from "./backends.js";
import { GENERATED, SERVED_PAGES } from "./generated-images.js";
import { pageSent } from "./sent-page.js";

describe(`pages of ${GENERATED} images on SQLite`, () => {
  onSqlite((place) => {
    const sent: StatementEvent[] = [];
    let database: Database;
    let images: DistinctImageRepository;
    beforeAll(async () => {
      database = openTestDatabase(place().url, { onStatement: (event) => void sent.push(event) });
      images = imagesIn(database);
      await database.connect();
      const run = (sql: string): Promise<number> => database.session((session) => session.run({ sql, parameters: [] }));
      await run(
        `INSERT INTO images (id, name, status, visibility, os_hidden, protected, min_disk, min_ram, owner, disk_format,
           container_format, size, virtual_size, checksum, os_hash_algo, os_hash_value, created_at, updated_at, version)
         WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${GENERATED})
         SELECT printf('id-%08d', n), iif(n % 3 = 0, NULL, 'image ' || (n % 1000)),
           CASE WHEN n % 100 = 0 THEN 'killed' WHEN n % 10 = 0 THEN 'queued' ELSE 'active' END,
           CASE n % 4 WHEN 0 THEN 'private' WHEN 1 THEN 'public' WHEN 2 THEN 'shared' ELSE 'community' END,
           n % 50 = 0, 0, 0, n % 2048, 'owner ' || (n % 500), iif(n % 2, 'raw', NULL), iif(n % 3, 'bare', NULL),
           iif(n % 7 = 0, NULL, n), NULL, NULL, NULL, NULL,
           strftime('%Y-%m-%d %H:%M:%f', '2026-01-01', '+' || (n % 10000) || ' seconds'),
           strftime('%Y-%m-%d %H:%M:%f', '2026-02-01', '+' || n || ' seconds'), 1 FROM numbers`,
      );
      await run("ANALYZE");
    }, 120_000);
    afterAll(() => closeAll([database]));

    async function planOf(query: ImageQuery): Promise<string> {
      const { sql, parameters } = await pageSent(sent, () => images.list({ ...query, limit: 25 }));
      const plan = await database.session((session) => session.rows({ sql: `EXPLAIN QUERY PLAN ${sql}`, parameters }));
      return plan.map((row) => String(row.at(-1))).join("\n");
    }

    test.each(SERVED_PAGES)("%s: read from an index as it stands, first and further pages", async (_, query) => {
      const { next } = await images.list({ ...query, limit: 2 });
      for (const after of next === undefined ? [undefined] : [undefined, next]) {
        const plan = await planOf({ ...query, after });
        expect(plan).toMatch(/\br USING (COVERING )?INDEX /);
        expect(plan).not.toMatch(/TEMP B-TREE|SCAN r$/m);
      }
    });

    test("an order without an index is seen by this test", async () => {
      expect(await planOf({ sort: [{ by: "checksum" }] })).toMatch(/TEMP B-TREE/);
    });
  });
});
