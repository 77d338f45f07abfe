import type { Bench, Findings, Workload } from "../bench.js";
import { exactly, medianOf, ratioOf } from "../estimate.js";
import { short, withInterval } from "../format.js";
import { accept, BATCH } from "../tuf/accept.js";
import { publishOne } from "../tuf/publish-one.js";
import { visible } from "../tuf/visible.js";
import { workers } from "../tuf/workers.js";

/** Accepting targets and making them visible, against what cannot be done without and against a global lock. */
export const tufPublish: Workload = {
  id: "W20",
  title: "TUF: accept and publish",
  async run(bench: Bench): Promise<Findings> {
    const { random } = bench;
    const accepted = await accept(bench);
    const one = await publishOne(bench);
    const many = await visible(bench);
    const locked = await workers(bench);
    const milliseconds = (samples: readonly number[]) => withInterval(medianOf(samples, random));
    return {
      tables: [
        {
          title: `W20: ${BATCH} new targets over 16,384 bins (milliseconds)`,
          columns: ["arm", "guarantee", "time", "against handwritten"],
          rows: (["distinction", "handwritten", "insert"] as const).map((arm) => [
            arm,
            arm === "insert" ? "targets only" : "bins marked",
            milliseconds(accepted[arm]!),
            withInterval(ratioOf(accepted[arm]!, accepted["handwritten"]!, random)),
          ]),
        },
        {
          title: "W20: publish of one changed bin of 16,384, 139 targets in it",
          columns: ["publish (ms)", "render, hash, sign (ms)", "statements", "bytes to the database"],
          rows: [
            [milliseconds(one.samples["publish"]!), milliseconds(one.samples["floor"]!), one.statements, one.bytes],
          ],
        },
        {
          title: "W20: 64 adders of one process at 16,384 bins, each waiting until its target is visible",
          columns: ["per second", "p50 (ms)", "p99 (ms)", "statements per add", "bytes per add"],
          rows: [[many.perSecond, many.p50, many.p99, many.statementsPerAdd, many.bytesPerAdd].map(short)],
        },
        {
          title: "W20: 4 workers, 2,048 bins, tasks of one target each (milliseconds for all)",
          columns: ["no lock", "a global lock"],
          rows: [[milliseconds(locked["distinction"]!), milliseconds(locked["lock"]!)]],
        },
      ],
      ratios: {
        // Throughput of one over that of the other is time of the other over that of the one.
        "tuf.accept.per.second": ratioOf(accepted["handwritten"]!, accepted["distinction"]!, random),
        "tuf.publish.vs.floor": ratioOf(one.samples["publish"]!, one.samples["floor"]!, random),
        "tuf.publish.db.bytes": exactly(one.bytes),
        "tuf.publish.vs.lock": ratioOf(locked["lock"]!, locked["distinction"]!, random),
      },
      samples: { accept: accepted, "publish one bin": one.samples, "4 workers": locked },
    };
  },
};
