import { createHash, randomBytes } from "node:crypto";
import { createPool, type Pool } from "mysql2/promise";
import { binIndexOf, binName, type HashBins } from "../../domain/tuf/hash-bins.js";
import type { Target } from "../../domain/tuf/target.js";
import type { ArmName } from "../arms/descriptions.js";
import type { Bench } from "../bench.js";
import { inTransaction } from "../in-transaction.js";
import { interleaved, timed, type Contender, type Samples } from "../measure.js";
import { targetOf, WIDE, type TufBench } from "./tuf-bench.js";

/** How many targets are accepted at once. */
export const BATCHES = [1, 4_000] as const;

type Batch = readonly (readonly [path: string, target: Target])[];

/**
 * Milliseconds per batch of new targets spread over all bins.
 * - `distinction`: `add`, which checks every path and target, reads what is there, and marks the bins as changed.
 * - `handwritten`: the fewest statements with the same effect on new targets: one UPDATE of the bins, one multi-row INSERT.
 * - `insert`: the multi-row INSERT alone. Nobody could tell from it what is to be published.
 */
export async function accept(
  { url, tables, random, quick, say }: Bench,
  { place, service }: TufBench,
): Promise<Readonly<Record<number, Samples>>> {
  const pool = createPool({ uri: url, connectionLimit: 1 });
  const found: Record<number, Samples> = {};
  const acknowledged: Batch[] = [];
  const before = await tables.rowsWhere("tuf_target", { repository: place.name });
  try {
    for (const size of BATCHES) {
      const onNew = (work: (batch: Batch) => Promise<unknown>) => async (): Promise<number> => {
        const batch = newTargets(size);
        const milliseconds = await timed(() => work(batch));
        acknowledged.push(batch);
        return milliseconds;
      };
      const contenders: readonly (Contender & { readonly name: ArmName })[] = [
        { name: "distinction", round: onNew((batch) => service.add(new Map(batch))) },
        { name: "handwritten", round: onNew((batch) => markAndInsert(pool, place.name, WIDE, batch)) },
        { name: "insert", round: onNew((batch) => insert(pool, place.name, batch)) },
      ];
      const rounds = (quick ? 8 : 40) * (size === 1 ? 10 : 1);
      const warmUp = size === 1 ? 20 : 2;
      const sayRound = (what: string): void => say(`${size} at once, ${what}`);
      found[size] = await interleaved(contenders, rounds, random, sayRound, warmUp);
    }
    say("looking for them");
    await checkStored(tables, place.name, before, acknowledged);
    return found;
  } finally {
    await pool.end();
  }
}

/** There are as many targets more as were acknowledged, and the last one of every batch is as it was given. */
async function checkStored(
  tables: Bench["tables"],
  repository: string,
  before: number,
  acknowledged: readonly Batch[],
): Promise<void> {
  const expected = acknowledged.reduce((sum, batch) => sum + batch.length, before);
  const stored = await tables.rowsWhere("tuf_target", { repository });
  if (stored !== expected) throw new Error(`${stored} of ${expected} accepted targets are stored`);
  for (const batch of acknowledged) {
    const [path, { length, sha256 }] = batch.at(-1)!;
    const target = { repository, space: "", path_hash: digestOf(path), path, length, sha256 }; // by its whole key
    if ((await tables.rowsWhere("tuf_target", target)) !== 1)
      throw new Error(`${path} is not stored as it was accepted`);
  }
}

function insert(connection: Pick<Pool, "query">, repository: string, batch: Batch): Promise<unknown> {
  const rows = batch.map(([path, { length, sha256 }]) => [repository, digestOf(path), path, length, sha256, null]);
  const sql = "INSERT INTO tuf_target (repository, path_hash, path, length, sha256, custom) VALUES ?";
  return connection.query(sql, [rows]);
}

export async function markAndInsert(pool: Pool, repository: string, bins: HashBins, batch: Batch): Promise<void> {
  const indexes = batch.map(([path]) => binIndexOf(bins, digestOf(path)));
  const names = [...new Set(indexes)].map((index) => binName(bins, index)).sort();
  await inTransaction(pool, async (connection) => {
    const sql = "UPDATE tuf_role SET version = version + 1 WHERE repository = ? AND name IN (?)";
    await connection.query(sql, [repository, names]);
    await insert(connection, repository, batch);
  });
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
