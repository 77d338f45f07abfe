import type { Bench, Findings, Workload } from "../bench.js";
import { median, once } from "../estimate.js";
import { short } from "../format.js";
import { timed } from "../measure.js";
import { LaterService } from "../tuf/later.js";
import { PublishedOracle } from "../tuf/published-oracle.js";
import { TARGETS, targetOf, withRepository } from "../tuf/tuf-bench.js";

const DAY = 24 * 3_600_000;
const STEP = 256;
/** Bins are good for 60 to 90 days: in 50 days all of them expire within the longest window that is of use. */
const LATER = 50 * DAY;
const WITHIN = 60 * DAY;

/** Every bin renewed before it expires, while somebody goes on adding and publishing. */
export const tufRenewal: Workload = {
  id: "W22",
  title: "TUF: renewal",
  run({ url, directory, quick, say }: Bench): Promise<Findings> {
    const bins = quick ? 1_024 : 16_384;
    return withRepository({ url, directory }, "renewal", bins, async ({ ports, place, service, sent }) => {
      const later = new LaterService(ports, place.name, LATER);
      const began = Date.now();
      sent.reset();
      let renewed = 0;
      const waits: number[] = [];
      const renewing = timed(async () => {
        for (let step = STEP; step === STEP; renewed += step) {
          step = (await later.renew({ within: WITHIN, limit: STEP })).rolesSigned.length;
          say(`${renewed} of ${bins} renewed`);
        }
      });
      let working = true;
      const end = renewing.finally(() => (working = false));
      for (let index = 0; working; index++) {
        const path = pathOf(index);
        waits.push(
          await timed(async () => {
            await service.add(new Map([[path, targetOf(path)]]));
            await service.publish();
          }),
        );
      }
      const milliseconds = await end;
      const during = Array.from(waits, (_, index) => pathOf(index));
      const published = await PublishedOracle.of(place, bins);
      const lost = await published.lost(during.map((path) => [path, targetOf(path)] as const));
      const left = await notRenewed(published, bins, began + LATER + WITHIN);
      return {
        acknowledged: { [TARGETS]: { updates: during.length + bins, lost: lost + left } },
        ratios: quick ? {} : { "tuf.renewal.seconds": once(milliseconds / 1000) }, // the goal is that of 16,384 bins
        tables: [
          {
            title: `W22: ${bins} bins renewed in steps of ${STEP}, publishing interleaved`,
            columns: [
              "arm",
              "guarantee",
              "renewed",
              "seconds",
              "publishes meanwhile",
              "median publish (ms)",
              "statements",
            ],
            rows: [
              [
                "distinction",
                "versions checked",
                renewed,
                short(milliseconds / 1000),
                waits.length,
                short(median(waits)),
                sent.statements,
              ],
            ],
          },
        ],
      };
    });
  },
};

function pathOf(index: number): string {
  return `during/${index}.tgz`;
}

/** Bins that clients are given as they were made, or that expire sooner than renewed ones; who was published to since may. */
async function notRenewed(published: PublishedOracle, bins: number, expiresAt: number): Promise<number> {
  let left = 0;
  for (let index = 0; index < bins; index++) {
    const bin = await published.bin(index);
    if (bin.version < 2 || (bin.expiresAt < expiresAt && Object.keys(bin.targets).length === 0)) left++;
  }
  return left;
}
