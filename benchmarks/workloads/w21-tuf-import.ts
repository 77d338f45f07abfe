import type { Bench, Findings, Workload } from "../bench.js";
import { once } from "../estimate.js";
import { short } from "../format.js";
import { timed } from "../measure.js";
import { PublishedOracle } from "../tuf/published-oracle.js";
import { targetOf, withRepository } from "../tuf/tuf-bench.js";

/** Targets that are looked up among what clients are given. */
const SAMPLE = 500;

/** A whole registry at once: a long list accepted and published, in bounded memory. */
export const tufImport: Workload = {
  id: "W21",
  title: "TUF: import",
  run({ url, directory, tables, quick, say }: Bench): Promise<Findings> {
    const [count, bins] = quick ? [20_000, 2_048] : [1_000_000, 16_384];
    return withRepository({ url, directory }, "import", bins, async ({ place, service, sent }) => {
      sent.reset();
      let resident = 0;
      const watching = setInterval(() => (resident = Math.max(resident, process.memoryUsage().rss)), 100);
      try {
        const accepting = await timed(async () => {
          for await (const accepted of service.addList(targets(count))) say(`${accepted} accepted`);
        });
        const statements = sent.statements;
        say("publishing");
        const publishing = await timed(() => service.publish());
        const perSecond = (1000 * count) / (accepting + publishing);
        const mebibytes = resident / 2 ** 20;
        const notStored = count - (await tables.rowsWhere("tuf_target", { repository: place.name }));
        const notPublished = await (await PublishedOracle.of(place, bins)).lost(targets(count, count / SAMPLE));
        return {
          acknowledged: { "distinction, import": { updates: count, lost: Math.abs(notStored) + notPublished } },
          // The goals are those of a whole registry.
          ratios: quick ? {} : { "tuf.import.per.second": once(perSecond), "tuf.import.mib": once(mebibytes) },
          tables: [
            {
              title: `W21: ${count} targets into ${bins} bins`,
              columns: [
                "arm",
                "guarantee",
                "accepted (s)",
                "published (s)",
                "per second",
                "statements",
                "of them accepting",
                "memory (MiB)",
              ],
              rows: [
                [
                  "distinction",
                  "versions checked",
                  short(accepting / 1000),
                  short(publishing / 1000),
                  short(Math.round(perSecond)),
                  sent.statements,
                  statements,
                  Math.round(mebibytes),
                ],
              ],
            },
          ],
        };
      } finally {
        clearInterval(watching);
      }
    });
  },
};

function* targets(count: number, step = 1) {
  for (let index = 0; index < count; index += step) {
    const path = `packages/${index % 1_000}/example-${index}-1.0.0.tgz`;
    yield [path, targetOf(path)] as const;
  }
}
