import type { Table } from "./bench.js";
import type { Report } from "./report-json.js";

/** By arm what it lost of what it acknowledged, and where. */
export function lostTable(report: Report): Table {
  return {
    title: "Acknowledged updates that were lost; of TUF, targets and renewals that clients do not find",
    columns: ["arm", "lost", "of", "where"],
    rows: Object.entries(report.lostUpdates).map(([arm, lost]) => [
      arm,
      lost,
      report.acknowledgedUpdates[arm]!,
      whereLost(report, arm),
    ]),
  };
}

/** The same in a sentence. */
export function lostSentence(report: Report): string {
  const arms = Object.keys(report.lostUpdates).map((arm) => {
    const where = whereLost(report, arm);
    return `${arm} ${lostOf(report, arm)}${where && ` (${where})`}`;
  });
  return arms.length === 0 ? "" : `Acknowledged updates that were lost: ${arms.join("; ")}.`;
}

/** `0 of 129,021` */
export function lostOf(run: Pick<Report, "lostUpdates" | "acknowledgedUpdates">, arm: string): string {
  return `${told(run.lostUpdates[arm]!)} of ${told(run.acknowledgedUpdates[arm]!)}`;
}

/** `W8 2,250 of 2,540, W11 150 of 300`: what is lost by few workloads is much of what these did. */
function whereLost({ workloads }: Report, arm: string): string {
  return workloads
    .flatMap(({ id, acknowledged: { [arm]: found } }) =>
      found === undefined || found.lost === 0 ? [] : [`${id} ${told(found.lost)} of ${told(found.updates)}`],
    )
    .join(", ");
}

function told(count: number): string {
  return count.toLocaleString("en");
}
