import { createHash, randomBytes } from "node:crypto";
import { createPool, type Pool } from "mysql2/promise";
import { binName } from "../../domain/tuf/hash-bins.js";
import type { Target } from "../../domain/tuf/target.js";
import type { Bench } from "../bench.js";
import { interleaved, timed, type Samples } from "../measure.js";
import { targetOf, withRepository } from "./tuf-bench.js";

const BINS = { bitLength: 14, namePrefix: "bins" };

/** How many targets are accepted at once. */
export const BATCHES = [1, 4_000] as const;

type Batch = readonly (readonly [path: string, target: Target])[];

/**
 * Milliseconds per batch of new targets spread over all bins.
 * - `distinction`: `add`, which checks every path and target, reads what is there, and marks the bins as changed.
 * - `handwritten`: the fewest statements with the same effect on new targets: one UPDATE of the bins, one multi-row INSERT.
 * - `insert`: the multi-row INSERT alone. Nobody could tell from it what is to be published.
 */
export function accept(bench: Bench): Promise<Readonly<Record<number, Samples>>> {
  const { url, directory, tables, random, quick, say } = bench;
  return withRepository({ url, directory }, "accept", 2 ** BINS.bitLength, async ({ service }) => {
    const pool = createPool({ uri: url, connectionLimit: 1 });
    const found: Record<number, Samples> = {};
    const acknowledged: Batch[] = [];
    try {
      for (const size of BATCHES) {
        const onNew = (work: (batch: Batch) => Promise<unknown>) => async (): Promise<number> => {
          const batch = newTargets(size);
          const milliseconds = await timed(() => work(batch));
          acknowledged.push(batch);
          return milliseconds;
        };
        const contenders = [
          { name: "distinction", round: onNew((batch) => service.add(new Map(batch))) },
          { name: "handwritten", round: onNew((batch) => markAndInsert(pool, batch)) },
          { name: "insert", round: onNew((batch) => insert(pool, batch)) },
        ];
        const rounds = (quick ? 10 : 40) * (size === 1 ? 5 : 1);
        found[size] = await interleaved(contenders, rounds, random, (what) => say(`${size} at once, ${what}`));
      }
      await checkStored(tables, acknowledged);
      return found;
    } finally {
      await pool.end();
    }
  });
}

/** There are as many targets as were acknowledged, and the last one of every batch is as it was given. */
async function checkStored(tables: Bench["tables"], acknowledged: readonly Batch[]): Promise<void> {
  const expected = acknowledged.reduce((sum, batch) => sum + batch.length, 0);
  const stored = await tables.rowsWhere("tuf_target", { repository: "accept" });
  if (stored !== expected) throw new Error(`${stored} of ${expected} accepted targets are stored`);
  for (const batch of acknowledged) {
    const [path, { length, sha256 }] = batch.at(-1)!;
    const target = { repository: "accept", path_hash: digestOf(path), path, length, sha256 };
    if ((await tables.rowsWhere("tuf_target", target)) !== 1)
      throw new Error(`${path} is not stored as it was accepted`);
  }
}

function insert(connection: Pick<Pool, "query">, batch: Batch): Promise<unknown> {
  const rows = batch.map(([path, { length, sha256 }]) => ["accept", digestOf(path), path, length, sha256, null]);
  const sql = "INSERT INTO tuf_target (repository, path_hash, path, length, sha256, custom) VALUES ?";
  return connection.query(sql, [rows]);
}

async function markAndInsert(pool: Pool, batch: Batch): Promise<void> {
  const indexes = batch.map(([path]) => digestOf(path).readUInt16BE(0) >>> (16 - BINS.bitLength));
  const bins = [...new Set(indexes)].map((index) => binName(BINS, index)).sort();
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const sql = "UPDATE tuf_role SET version = version + 1 WHERE repository = ? AND name IN (?)";
    await connection.query(sql, ["accept", bins]);
    await insert(connection, batch);
    await connection.commit();
  } finally {
    connection.release();
  }
}

function newTargets(size: number): Batch {
  const round = randomBytes(6).toString("hex");
  return Array.from({ length: size }, (_, index) => {
    const path = `packages/${round}/example-${index}-1.0.0.tgz`;
    return [path, targetOf(path)] as const;
  });
}

function digestOf(path: string): Buffer {
  return createHash("sha256").update(path).digest();
}
