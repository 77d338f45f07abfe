import type { Acknowledged, Findings, Table, Workload } from "./bench.js";
import type { Chart } from "./charts/chart.js";
import type { Environment } from "./environment.js";
import type { Estimate } from "./estimate.js";
import { GOALS, type Goal } from "./goals.js";
import { imageRatios, sparedByDifference, type Spared } from "./image-ratios.js";
import type { AllSamples } from "./measure.js";
import { driftsOf, noiseWarnings, type Drift } from "./noise.js";
import { seeded } from "./random.js";

/** One run of the suite: what `--json` writes, and what tables, charts and pages are made from. */
export interface Report {
  readonly ratios: Readonly<Record<string, Estimate & Goal>>;
  readonly lostUpdates: Readonly<Record<string, number>>;
  /** By arm: of how many they were lost. */
  readonly acknowledgedUpdates: Readonly<Record<string, number>>;
  readonly workloads: readonly WorkloadReport[];
  /** Of which the ratios `diff.vs.full` are a part. */
  readonly spared: readonly Spared[];
  /** What a reader must know before comparing. */
  readonly warnings: readonly string[];
  /** What else: where times went up or down during the run. */
  readonly drifts: readonly Drift[];
  readonly environment: Environment;
  readonly seed: number;
  readonly quick: boolean;
  /** Whether only what noise does not touch was measured. */
  readonly counts: boolean;
  /** Whether the database went away before the last workload was done. */
  readonly endedEarly: boolean;
  /** Milliseconds that were added to every round trip. */
  readonly roundTrip: number;
  /** By workload, then by the case that was measured: milliseconds per operation, unless the case says otherwise. */
  readonly samples: AllSamples;
}

export interface WorkloadReport {
  readonly id: string;
  readonly title: string;
  readonly charts: readonly Chart[];
  readonly tables: readonly Table[];
  /** By arm. */
  readonly acknowledged: Readonly<Record<string, Acknowledged>>;
  /** How long it took. */
  readonly seconds: number;
  /** Milliseconds that the server's smallest commit took right before it; `undefined` where only counts were taken. */
  readonly commitTime?: number | undefined;
}

/** Whether what a file holds can be one. */
export function isReport(value: unknown): value is Report {
  const options = ["quick", "counts", "endedEarly", "roundTrip"];
  return typeof value === "object" && value !== null && options.every((option) => option in value);
}

/** What a workload found, and when. */
export type Measured = Findings & Pick<WorkloadReport, "seconds" | "commitTime">;

/** All findings as one report; what several workloads lost is added up. */
export function report(
  findings: ReadonlyMap<Workload, Measured>,
  about: Pick<Report, "environment" | "seed" | "quick" | "counts" | "endedEarly" | "roundTrip">,
): Report {
  const ratios: Record<string, Estimate & Goal> = {};
  const lostUpdates: Record<string, number> = {};
  const acknowledgedUpdates: Record<string, number> = {};
  const samples: Record<string, AllSamples[string]> = {};
  const workloads: WorkloadReport[] = [];
  const judge = (estimates: Readonly<Record<string, Estimate>>): void => {
    for (const [name, estimate] of Object.entries(estimates)) {
      const goal = GOALS[name];
      if (goal === undefined) throw new Error(`${name} has no goal`);
      ratios[name] = { ...estimate, goal: goal.goal, better: goal.better };
    }
  };
  for (const [{ id, title }, found] of findings) {
    judge(found.ratios ?? {});
    const acknowledged = found.acknowledged ?? {};
    for (const [arm, { updates, lost }] of Object.entries(acknowledged)) {
      lostUpdates[arm] = (lostUpdates[arm] ?? 0) + lost;
      acknowledgedUpdates[arm] = (acknowledgedUpdates[arm] ?? 0) + updates;
    }
    if (found.samples !== undefined) samples[id] = found.samples;
    const { charts = [], tables, seconds, commitTime } = found;
    workloads.push({ id, title, charts, tables, acknowledged, seconds, commitTime });
  }
  const random = seeded(about.seed);
  const spared = sparedByDifference(samples, random);
  judge(imageRatios(samples, spared, random));
  const warnings = noiseWarnings(ratios);
  const drifts = driftsOf(samples, seeded(about.seed));
  return { ratios, lostUpdates, acknowledgedUpdates, workloads, spared, warnings, drifts, ...about, samples };
}
