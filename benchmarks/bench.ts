import type { Chart } from "./charts/chart.js";
import type { Estimate } from "./estimate.js";
import type { Samples } from "./measure.js";
import type { Random } from "./random.js";
import type { Say } from "./say.js";
import type { TableStore } from "./tables.js";

/** What a workload gets to work with. */
export interface Bench {
  /** A database that nobody else uses. */
  readonly url: string;
  readonly tables: TableStore;
  /** For files that are gone when the run is over. */
  readonly directory: string;
  readonly random: Random;
  /** Fewer rounds, for a look in minutes; the intervals are wider. */
  readonly quick: boolean;
  /** Milliseconds that are added to every round trip of `url`. */
  readonly roundTrip: number;
  /** Aborted when the run is to end early: processes of its own end then. */
  readonly signal: AbortSignal;
  readonly say: Say;
}

/** One workload of the suite: a file of `workloads/`. */
export interface Workload {
  /** `W6` */
  readonly id: string;
  readonly title: string;
  run(bench: Bench): Promise<Findings>;
  /** The figures that noise does not touch (statements, bytes, lost updates), in seconds; left out where there are none. */
  count?(bench: Bench): Promise<Findings>;
}

export interface Findings {
  readonly tables: readonly Table[];
  readonly charts?: readonly Chart[];
  /** By the names of `goals.ts`. */
  readonly ratios?: Readonly<Record<string, Estimate>>;
  /** By arm. */
  readonly acknowledged?: Readonly<Record<string, Acknowledged>>;
  /** Raw, by the case that was measured. */
  readonly samples?: Readonly<Record<string, Samples>>;
}

/** What became of updates that an arm said were stored. */
export interface Acknowledged {
  readonly updates: number;
  /** Those of them that are not in the final state. */
  readonly lost: number;
}

/** What is shown on the terminal and in the report. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}
