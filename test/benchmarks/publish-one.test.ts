import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DurableFloor } from "../../benchmarks/tuf/durable-floor.js";
import { countOne } from "../../benchmarks/tuf/publish-one.js";
import { signingFloor } from "../../benchmarks/tuf/signing-floor.js";
import { targetOf, withRepository } from "../../benchmarks/tuf/tuf-bench.js";
import { benchPlace } from "./bench-place.js";

const BINS = { bitLength: 2, namePrefix: "bins" } as const;

const place = benchPlace(() => Promise.resolve());
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "distinction-publish-"));
});
afterAll(() => rm(directory, { recursive: true }));

test("what a publish sends is that of most rounds, and what it published is looked for", async () => {
  const found = await withRepository({ url: place.url, directory }, "counted", 4, (bench) => countOne(bench, BINS));
  expect(found).toMatchObject({ statements: 11, acknowledged: { updates: 9, lost: 0 } });
  expect(found.bytes).toBeGreaterThan(139 * 100);
  expect(found.mostBytes).toBeGreaterThanOrEqual(found.bytes);
});

test("the floors are counted: what is signed, and what is sent to make it last", async () => {
  await withRepository({ url: place.url, directory }, "floors", 4, async (bench) => {
    const before = bench.signatures();
    const signed = await signingFloor(bench, new Map([["bins-0", new Map([["a path", targetOf("a path")]])]]));
    const publish = await signed();
    expect(bench.signatures() - before).toBe(3);

    const kept = join(directory, "kept");
    const floor = await DurableFloor.open(place.url, kept);
    try {
      await floor.publish(publish);
      const stored = publish.stored.reduce((sum, { bytes }) => sum + bytes.length, 0);
      expect(floor.sent.statements).toBe(2);
      expect(floor.sent.bytes).toBeGreaterThan(stored);
      expect(floor.sent.bytes).toBeLessThan(stored + 500);
      expect(await storedBytes()).toBe(stored);
      expect((await readdir(kept)).sort()).toEqual(["2.bins-0.json", "2.snapshot.json", "timestamp.json"]);
    } finally {
      await floor.close();
    }
  });
});

async function storedBytes(): Promise<number> {
  const connection = await createConnection({ uri: place.url });
  const [[row]] = await connection.query<RowDataPacket[]>("SELECT SUM(LENGTH(bytes)) AS stored FROM bench_file");
  await connection.end();
  return Number(row!["stored"]);
}
