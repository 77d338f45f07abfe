import { createConnection } from "mysql2/promise";
import { median } from "./estimate.js";
import { timed } from "./measure.js";

const COMMITS = 100;

/**
 * Milliseconds of the smallest commit that this server can make: the median of 100, one row each. Taken before each workload it tells
 * whether the disk was the same to all of them: most times of the suite are commits above all.
 */
export async function commitTime(url: string): Promise<number> {
  const connection = await createConnection({ uri: url });
  try {
    await connection.query("CREATE TABLE IF NOT EXISTS bench_commit (id INT PRIMARY KEY, commits INT NOT NULL)");
    await connection.query("REPLACE INTO bench_commit VALUES (1, 0)");
    const times: number[] = [];
    for (let commit = 0; commit < COMMITS; commit++) {
      times.push(await timed(() => connection.query("UPDATE bench_commit SET commits = commits + 1 WHERE id = 1")));
    }
    return median(times);
  } finally {
    await connection.end();
  }
}
