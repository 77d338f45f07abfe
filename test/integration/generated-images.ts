import type { ImageQuery } from "../../domain/image/image-query.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";

/** As many as make a plan for a million: `DISTINCTION_TEST_IMAGES=1000000` runs the tests on that many. */
export const GENERATED = Number(process.env.DISTINCTION_TEST_IMAGES ?? 20_000);

/** Lists whose pages an index serves. */
export const SERVED_PAGES: readonly (readonly [string, ImageQuery])[] = [
  ["the newest", {}],
  ["the oldest", { sort: [{ by: "createdAt" }] }],
  ["the latest changed", { sort: [{ by: "updatedAt", order: "desc" }] }],
  ["by name, NULLs first", { sort: [{ by: "name" }] }],
  ["by name, NULLs last", { sort: [{ by: "name", order: "desc" }] }],
  ["the longest unchanged", { sort: [{ by: "updatedAt" }] }],
  ["by visibility", { sort: [{ by: "visibility" }] }],
  ["by owner", { sort: [{ by: "owner", order: "desc" }] }],
  ["by size", { sort: [{ by: "size", order: "desc" }] }],
  ["by status", { sort: [{ by: "status" }] }],
  ["by disk format", { sort: [{ by: "diskFormat" }] }],
  ["by container format", { sort: [{ by: "containerFormat" }] }],
  ["by id", { sort: [{ by: "id" }] }],
  ["of one status", { where: { status: { eq: "killed" } } }],
  ["of one owner", { where: { owner: { eq: "owner 7" } } }],
  ["of one visibility", { where: { visibility: { eq: "community" } } }],
  ["of one name", { where: { name: { eq: "image 17" } } }],
  ["of some ids", { where: { id: { in: ["id-00000005", "id-00000009"] } }, sort: [{ by: "id" }] }],
  ["of one owner, by name", { where: { owner: { eq: "owner 7" }, status: { in: ["active", "queued"] } } }],
  ["made at a time", { where: { createdAt: { gte: new Date("2026-01-01T00:00:10Z") } }, sort: [{ by: "createdAt" }] }],
  ["made before", { where: { createdAt: { lt: new Date("2026-01-01T01:00:00Z") } } }],
  ["not larger than", { where: { size: { lte: 5_000 } }, sort: [{ by: "size", order: "desc" }] }],
  ["of all names but one", { where: { name: { neq: "image 17" } }, sort: [{ by: "name" }] }],
  ["larger than", { where: { size: { gt: 5_000 } }, sort: [{ by: "size" }] }],
];

/**
 * Images by doubling: a few statements, however many. The secondary indexes are built when all is there, from sorted rows:
 * row by row, those of a million images take the better part of an hour.
 *
 * @param changes statements on the images, before
 */
export async function generateImages(database: Database, changes: readonly string[] = []): Promise<void> {
  const run = (sql: string): Promise<number> =>
    database.session((session) => session.run({ sql, parameters: [], varying: true }));
  const digits =
    "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
  await database.connect();
  const places = [1, 10, 100, 1_000, 10_000, 100_000];
  const number = places.map((place, index) => `d${index}.d * ${place}`).join(" + ");
  const tables = places.map((_, index) => `${digits} d${index}`).join(" CROSS JOIN ");
  const indexes = Object.entries(imageTable.indexes!);
  await run(`ALTER TABLE images ${indexes.map(([name]) => `DROP INDEX ${name}`).join(", ")}`);
  await run(
    `INSERT INTO images (id, name, status, visibility, os_hidden, protected, min_disk, min_ram, owner, disk_format,
       container_format, size, virtual_size, checksum, os_hash_algo, os_hash_value, created_at, updated_at, version)
     SELECT CONCAT('id-', LPAD(n, 8, '0')), IF(n % 3 = 0, NULL, CONCAT('image ', n % 1000)),
       ELT(1 + (n % 100 = 0) + (n % 10 = 0), 'active', 'queued', 'killed'),
       ELT(1 + n % 4, 'private', 'public', 'shared', 'community'), n % 50 = 0, 0, 0, n % 2048,
       CONCAT('owner ', n % 500), ELT(1 + n % 4, 'raw', 'qcow2', 'iso', NULL), ELT(1 + n % 3, 'bare', 'ovf', NULL),
       IF(n % 7 = 0, NULL, n), NULL, NULL, NULL, NULL,
       '2026-01-01' + INTERVAL (n % 100000) SECOND, '2026-02-01' + INTERVAL n SECOND, 1
     FROM (SELECT ${number} n FROM ${tables}) numbers WHERE n < ${GENERATED}`,
  );
  for (const change of changes) await run(change);
  const added = indexes.map(([name, columns]) => `ADD INDEX ${name} (${columns.join(", ")})`);
  await run(`ALTER TABLE images ${added.join(", ")}`);
  await run("ANALYZE TABLE images");
}
