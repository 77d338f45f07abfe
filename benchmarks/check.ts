import { isOwn } from "./arms/arm.js";
import { judgedBy, verdictOn, type Verdict } from "./goals.js";
import { lostOf } from "./lost-updates.js";
import type { Report } from "./report-json.js";

/** Why `--check` fails, a sentence each; none where nothing that it had to judge missed its goal and this library lost nothing. */
export function failures(
  run: Pick<Report, "ratios" | "lostUpdates" | "acknowledgedUpdates" | "workloads" | "counts" | "quick">,
): string[] {
  const { ratios, lostUpdates } = run;
  const found: string[] = [];
  const missed = namesOf(ratios, "MISSED");
  if (missed.length > 0) found.push(`missed: ${missed.join(", ")}`);
  const lost = Object.entries(lostUpdates).filter(([arm, count]) => isOwn(arm) && count > 0);
  if (lost.length > 0) found.push(`lost updates: ${lost.map(([arm]) => `${arm} ${lostOf(run, arm)}`).join(", ")}`);
  const ids = run.workloads.map(({ id }) => id);
  const absent = judgedBy(ids, run).filter((name) => !(name in ratios));
  if (absent.length > 0) found.push(`not judged: ${absent.join(", ")}`);
  if (Object.keys({ ...ratios, ...lostUpdates }).length === 0) found.push("nothing was judged");
  return found;
}

/** What fails nothing, and is not met either: the figures whose interval holds the goal. */
export function undecided({ ratios }: Pick<Report, "ratios">): string[] {
  return namesOf(ratios, "undecided");
}

function namesOf(ratios: Report["ratios"], verdict: Verdict): string[] {
  return Object.entries(ratios)
    .filter(([, ratio]) => verdictOn(ratio, ratio) === verdict)
    .map(([name]) => name);
}
