import type { Bench, Workload } from "../../benchmarks/bench.js";
import { exactly } from "../../benchmarks/estimate.js";
import { hotTable } from "../../benchmarks/model/hot.js";
import { runSuite } from "../../benchmarks/suite.js";
import { runAsChild } from "../support/child-side.js";

/** Where a run of two workloads is made, of which the second never ends, unless it fails; or a checked one of a third, which ends. */
export interface SuiteOrder {
  readonly database: string;
  readonly json: string;
  readonly report: string;
  readonly failure?: string;
  readonly check?: boolean;
}

await runAsChild<SuiteOrder, unknown>(async (order, parent) => {
  const brief: Workload = {
    id: "W1",
    title: "brief",
    run: () => Promise.resolve({ tables: [], ratios: { "noop.statements": exactly(0) } }),
  };
  const endless: Workload = {
    id: "W2",
    title: "endless",
    async run({ tables }: Bench) {
      await tables.fill(hotTable, [{ id: "hot" }]);
      await parent.send("under way");
      if (order.failure !== undefined) throw new Error(order.failure);
      for (;;) await tables.row(hotTable, "hot");
    },
  };
  const open: Workload = {
    id: "W5",
    title: "open",
    run: () => Promise.resolve({ tables: [], ratios: { "entries.slope": { value: 1.4, low: 1.2, high: 1.6 } } }),
  };
  const only = order.check ? [open] : [brief, endless];
  const options = { quick: false, counts: false, only, rtt: 0, seed: 1, check: false, ...order };
  const isolation = () => Promise.resolve("REPEATABLE READ");
  await runSuite(options, { isolation, writePage: () => Promise.resolve() });
  return process.exitCode ?? 0;
});
