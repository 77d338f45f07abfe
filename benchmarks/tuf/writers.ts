import { join } from "node:path";
import { createPool } from "mysql2/promise";
import { binName, bitLengthOf, type HashBins } from "../../domain/tuf/hash-bins.js";
import type { Bench } from "../bench.js";
import type { Writer } from "../isolation.js";
import { markAndInsert } from "./accept.js";
import { DurableFloor } from "./durable-floor.js";
import { signingFloor } from "./signing-floor.js";
import { targetOf, withRepository } from "./tuf-bench.js";

const BINS = 4;

/** Whoever writes what a TUF repository stores: the service and what it is compared with, adding a target and publishing. */
export function withTufWriters<T>(
  where: Pick<Bench, "url" | "directory">,
  work: (writers: readonly Writer[]) => Promise<T>,
): Promise<T> {
  return withRepository(where, "isolation", BINS, async (bench) => {
    const { place, service } = bench;
    const bins: HashBins = { bitLength: bitLengthOf(BINS), namePrefix: "bins" };
    const targets = new Map(["one", "two"].map((path) => [path, targetOf(path)]));
    const pool = createPool({ uri: where.url, connectionLimit: 1 });
    const floor = await DurableFloor.open(where.url, join(place.directory, "durable"));
    try {
      const signed = await signingFloor(bench, new Map([[binName(bins, 0), targets]]));
      await floor.accept(targets);
      const { timestamp, ...others } = await signed();
      await floor.publish({ timestamp, ...others });
      const roles = { table: "tuf_role", row: { repository: place.name } };
      return await work([
        { name: "tuf, adding", ...roles, write: () => service.add(targets) },
        { name: "tuf, publishing", ...roles, write: () => service.publish() },
        {
          name: "tuf, adding by hand",
          ...roles,
          write: () => markAndInsert(pool, place.name, bins, [["three", targetOf("three")]]),
        },
        {
          name: "tuf, group by hand",
          table: "bench_target",
          row: { path: "one" },
          write: () => floor.accept(targets),
        },
        {
          name: "tuf, publishing by hand",
          table: "bench_position",
          row: { name: timestamp.name },
          write: async () => floor.publish(await signed()),
        },
      ]);
    } finally {
      await floor.close();
      await pool.end();
    }
  });
}
