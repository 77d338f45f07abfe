import { isOwn } from "./arms/arm.js";
import type { Table } from "./bench.js";
import { withInterval } from "./format.js";
import { verdictOn, type Verdict } from "./goals.js";
import { lostOf } from "./lost-updates.js";
import type { Report } from "./report-json.js";

export type Judged = Pick<
  Report,
  "ratios" | "lostUpdates" | "acknowledgedUpdates" | "quick" | "counts" | "roundTrip" | "endedEarly"
>;

/** What two runs judged, side by side. */
export interface Agreement {
  readonly table: Table;
  /** Names of what one run met and the other missed. */
  readonly differing: readonly string[];
  /** Names of what the first or the second run alone judged; nothing can be said of it. */
  readonly alone: readonly [first: readonly string[], second: readonly string[]];
}

/** The verdicts of two runs on everything that both of them judged; noise may move figures, but not verdicts. */
export function agreement(first: Judged, second: Judged): Agreement {
  const [one, other] = [verdictsOf(first), verdictsOf(second)];
  const names = [...one.keys()].filter((name) => other.has(name));
  const differing = names.filter((name) => contradict(one.get(name)!.verdict, other.get(name)!.verdict));
  const missingIn = (run: typeof one, names: Iterable<string>): string[] => [...names].filter((name) => !run.has(name));
  const said = ({ figure, verdict }: Judgement): string[] => [figure, verdict];
  return {
    table: {
      title: "Verdicts of two runs",
      columns: ["name", "first run", "verdict", "second run", "verdict", ""],
      rows: names.map((name) => [
        name,
        ...said(one.get(name)!),
        ...said(other.get(name)!),
        differing.includes(name) ? "DIFFER" : "",
      ]),
    },
    differing,
    alone: [missingIn(other, one.keys()), missingIn(one, other.keys())],
  };
}

/** One says met, the other missed; an undecided figure agrees with either. */
function contradict(first: Verdict, second: Verdict): boolean {
  return first !== second && first !== "undecided" && second !== "undecided";
}

interface Judgement {
  readonly figure: string;
  readonly verdict: Verdict;
}

/** By the name of the figure; what this library lost is among them. */
function verdictsOf(run: Judged): Map<string, Judgement> {
  const found = new Map<string, Judgement>();
  for (const [name, ratio] of Object.entries(run.ratios)) {
    found.set(name, { figure: withInterval(ratio), verdict: verdictOn(ratio, ratio) });
  }
  for (const [arm, lost] of Object.entries(run.lostUpdates)) {
    if (isOwn(arm))
      found.set(`lost updates: ${arm}`, { figure: lostOf(run, arm), verdict: lost === 0 ? "met" : "MISSED" });
  }
  return found;
}
