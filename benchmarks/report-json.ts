import type { Findings } from "./bench.js";
import type { Environment } from "./environment.js";
import type { Estimate } from "./estimate.js";
import { GOALS, type Goal } from "./goals.js";
import type { Samples } from "./measure.js";

export interface Report {
  readonly ratios: Readonly<Record<string, Estimate & Goal>>;
  readonly lostUpdates: Readonly<Record<string, number>>;
  readonly environment: Environment;
  readonly seed: number;
  readonly quick: boolean;
  /** By workload, then by the case that was measured: milliseconds per operation, unless the case says otherwise. */
  readonly samples: Readonly<Record<string, Readonly<Record<string, Samples>>>>;
}

/** All findings as one report; what several workloads lost is added up. */
export function report(
  findings: ReadonlyMap<string, Findings>,
  about: Pick<Report, "environment" | "seed" | "quick">,
): Report {
  const ratios: Record<string, Estimate & Goal> = {};
  const lostUpdates: Record<string, number> = {};
  const samples: Record<string, Readonly<Record<string, Samples>>> = {};
  for (const [id, found] of findings) {
    for (const [name, estimate] of Object.entries(found.ratios ?? {})) {
      const goal = GOALS[name];
      if (goal === undefined) throw new Error(`${name} has no goal`);
      ratios[name] = { ...estimate, ...goal };
    }
    for (const [arm, lost] of Object.entries(found.lostUpdates ?? {}))
      lostUpdates[arm] = (lostUpdates[arm] ?? 0) + lost;
    if (found.samples !== undefined) samples[id] = found.samples;
  }
  return { ratios, lostUpdates, ...about, samples };
}
