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
export function accept({ url, directory, random, quick, say }: Bench): Promise<Readonly<Record<number, Samples>>> {
  return withRepository({ url, directory }, "accept", 2 ** BINS.bitLength, async ({ service }) => {
    const pool = createPool({ uri: url, connectionLimit: 1 });
    const found: Record<number, Samples> = {};
    try {
      for (const size of BATCHES) {
        const onNew = (work: (batch: Batch) => Promise<unknown>) => (): Promise<number> => {
          const batch = newTargets(size);
          return timed(() => work(batch));
        };
        const contenders = [
          { name: "distinction", round: onNew((batch) => service.add(new Map(batch))) },
          { name: "handwritten", round: onNew((batch) => markAndInsert(pool, batch)) },
          { name: "insert", round: onNew((batch) => insert(pool, batch)) },
        ];
        const rounds = (quick ? 10 : 40) * (size === 1 ? 5 : 1);
        found[size] = await interleaved(contenders, rounds, random, (what) => say(`${size} at once, ${what}`));
      }
      return found;
    } finally {
      await pool.end();
    }
  });
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
