import type { Bench, Findings, Workload } from "../bench.js";
import { exactly, median } from "../estimate.js";
import { short } from "../format.js";
import { timed } from "../measure.js";
import { LaterService } from "../tuf/later.js";
import { targetOf, withRepository } from "../tuf/tuf-bench.js";

const DAY = 24 * 3_600_000;
const STEP = 256;

/** Every bin renewed before it expires, while somebody goes on adding and publishing. */
export const tufRenewal: Workload = {
  id: "W22",
  title: "TUF: renewal",
  run({ url, directory, quick, say }: Bench): Promise<Findings> {
    const bins = quick ? 1_024 : 16_384;
    return withRepository({ url, directory }, "renewal", bins, async ({ ports, place, service, sent }) => {
      // Bins are good for 60 to 90 days: in 50 days all of them expire within the longest window that is of use.
      const later = new LaterService(ports, place.name, 50 * DAY);
      sent.reset();
      let renewed = 0;
      const waits: number[] = [];
      const renewing = timed(async () => {
        for (let step = STEP; step === STEP; renewed += step) {
          step = (await later.renew({ within: 60 * DAY, limit: STEP })).rolesSigned.length;
          say(`${renewed} of ${bins} renewed`);
        }
      });
      let working = true;
      const end = renewing.finally(() => (working = false));
      for (let index = 0; working; index++) {
        const path = `during/${index}.tgz`;
        waits.push(
          await timed(async () => {
            await service.add(new Map([[path, targetOf(path)]]));
            await service.publish();
          }),
        );
      }
      const milliseconds = await end;
      return {
        ratios: quick ? {} : { "tuf.renewal.seconds": exactly(milliseconds / 1000) }, // the goal is that of 16,384 bins
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
