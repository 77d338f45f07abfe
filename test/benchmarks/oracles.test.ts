import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { handwrittenArm, openPool } from "../../benchmarks/arms/handwritten.js";
import { asset, assetTable } from "../../benchmarks/model/asset.js";
import { LastValueOracle } from "../../benchmarks/oracle.js";
import { TableStore } from "../../benchmarks/tables.js";
import { PublishedOracle } from "../../benchmarks/tuf/published-oracle.js";
import { targetOf, withRepository } from "../../benchmarks/tuf/tuf-bench.js";
import { createServerDatabase, type TestDatabase } from "../support/test-database.js";

let place: TestDatabase;
let tables: TableStore;
let directory: string;
let url: string;

beforeAll(async () => {
  place = await createServerDatabase();
  url = place.url.replace(/^mariadb:/, "mysql:");
  tables = new TableStore(url);
  directory = await mkdtemp(join(tmpdir(), "distinction-oracles-"));
});
afterAll(async () => {
  await tables.close();
  await rm(directory, { recursive: true });
  await place.drop();
});

test("saves of one column, one after the other, are missed by their value or by their version", async () => {
  await tables.fill(assetTable, [asset(0), asset(1)]);
  const oracle = new LastValueOracle();
  const lost = (): Promise<number> => oracle.lost(tables, assetTable, "name");
  const options = { url, table: assetTable, poolSize: 1 };
  const [arm, pool] = [await handwrittenArm.open(options), await openPool(options)];
  try {
    for (const name of ["first", "second"]) {
      await arm.setAttribute(asset(0).id, "name", name);
      oracle.acknowledge(asset(0).id, name);
    }
    expect(await lost()).toBe(0);
    await pool.execute(`UPDATE ${assetTable.name} SET name = 'first' WHERE id = ?`, [asset(0).id]);
    expect(await lost(), "another value").toBe(1);
    await pool.execute(`UPDATE ${assetTable.name} SET name = 'second', version = 1`);
    expect(await lost(), "versions that were not raised").toBe(2);
  } finally {
    await Promise.all([arm.close(), pool.end()]);
  }
});

test("targets are looked for in the metadata that clients are given", async () => {
  await withRepository({ url, directory }, "oracle", 4, async ({ service, place: repository }) => {
    const [published, pending, changed] = ["published", "pending", "changed"].map(
      (path) => [path, targetOf(path)] as const,
    );
    await service.add(new Map([published!, ["changed", targetOf("changed", 1)]]));
    await service.publish();
    await service.add(new Map([pending!]));
    const oracle = await PublishedOracle.of(repository, 4);
    expect(await oracle.lost([published!])).toBe(0);
    expect(await oracle.lost([published!, pending!, changed!])).toBe(2);
  });
});
