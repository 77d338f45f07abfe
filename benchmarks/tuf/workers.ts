import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ArmName } from "../arms/descriptions.js";
import type { Acknowledged, Bench } from "../bench.js";
import { interleaved, timed, type Contender, type Samples } from "../measure.js";
import { PublishedOracle } from "./published-oracle.js";
import { targetOf, withRepository, type TufPlace } from "./tuf-bench.js";
import type { WayOfWorking } from "./worker.child.js";
import { WorkerProcesses } from "./worker-processes.js";

/** Tasks of each worker before any time is taken: a process that has just begun would tell of its compiler and connections. */
const WARM_UP = { quick: 10, full: 20 } as const;

export interface Crew {
  readonly bins: number;
  readonly workers: number;
}

/** How workers go about tasks that are all there from the start, as in a queue. */
export const CREW_ARMS = {
  distinction: { locked: false, together: true },
  "no lock, one at a time": { locked: false, together: false },
  "global lock": { locked: true, together: false },
  "global lock, together": { locked: true, together: true },
} as const satisfies Partial<Record<ArmName, WayOfWorking>>;

export type CrewArm = keyof typeof CREW_ARMS;

/** What a crew did. */
export interface CrewFindings extends Crew {
  readonly tasks: number;
  /** Milliseconds until all tasks of all workers were visible, by arm. */
  readonly samples: Samples;
  readonly arms: readonly CrewOfArm[];
}

export interface CrewOfArm {
  readonly name: CrewArm;
  /** Targets; those are lost that clients do not find. Nobody has a lock before the first round. */
  readonly acknowledged: Readonly<Record<"free" | "locked", Acknowledged>>;
  /** Of all rounds. */
  readonly output: Output;
}

export interface Output {
  tasks: number;
  /** Metadata that clients were given. */
  published: number;
  signatures: number;
  statements: number;
  bytes: number;
}

/** A list of paths for each worker. */
type Paths = readonly (readonly string[])[];

/**
 * Workers with and without a global lock, which have all their tasks under way together or one at a time.
 *
 * Each arm has processes of its own, which do all its rounds; before the first, each does as many tasks, one after the other
 * and without a lock: services run for days.
 *
 * @param rounds by arm; where an arm has fewer, they are spread over those of the others
 */
export function workers(
  bench: Bench,
  crew: Crew,
  tasks: number,
  rounds: Readonly<Partial<Record<CrewArm, number>>>,
): Promise<CrewFindings> {
  const say = (what: string): void => bench.say(`${crew.workers} workers, ${crew.bins} bins, ${what}`);
  return withRepository(bench, `workers-${crew.bins}-${crew.workers}`, crew.bins, async ({ place }) => {
    const arms: ArmAtWork[] = [];
    try {
      for (const name of Object.keys(rounds) as CrewArm[]) {
        say(`${name}, warm-up`);
        const arm = new ArmAtWork(name, place, crew, tasks, rounds[name]!);
        arms.push(arm);
        await arm.start(WARM_UP[bench.quick ? "quick" : "full"], bench.signal);
      }
      const samples = await interleaved(arms, Math.max(...Object.values(rounds)), bench.random, say, 0);
      return { ...crew, tasks, samples, arms };
    } finally {
      await Promise.all(arms.map((arm) => arm.end()));
    }
  });
}

/** The processes of one arm, and what comes of them. */
class ArmAtWork implements CrewOfArm, Contender {
  readonly acknowledged = { free: { updates: 0, lost: 0 }, locked: { updates: 0, lost: 0 } };
  readonly output: Output = { tasks: 0, published: 0, signatures: 0, statements: 0, bytes: 0 };
  readonly #processes = new WorkerProcesses();

  constructor(
    readonly name: CrewArm,
    private readonly place: TufPlace,
    private readonly crew: Crew,
    private readonly tasks: number,
    readonly rounds: number,
  ) {}

  /** @param tasks of each worker before the first round */
  async start(tasks: number, signal: AbortSignal): Promise<void> {
    const warmUp = this.#pathsOf("warm-up", tasks);
    const way = CREW_ARMS[this.name];
    await this.#processes.start(
      warmUp.map((paths) => ({ place: this.place, way, warmUp: paths })),
      signal,
    );
    await this.#look(warmUp, "free");
  }

  /** Milliseconds until all tasks of the round are visible. */
  readonly round = async (number: number): Promise<number> => {
    const paths = this.#pathsOf(number, this.tasks);
    const milliseconds = await this.#work(paths);
    await this.#look(paths, CREW_ARMS[this.name].locked ? "locked" : "free");
    return milliseconds;
  };

  end(): Promise<void> {
    return this.#processes.end();
  }

  async #work(paths: Paths): Promise<number> {
    const { output } = this;
    const before = await published(this.place);
    let tallies: Awaited<ReturnType<WorkerProcesses["work"]>> = [];
    const milliseconds = await timed(async () => (tallies = await this.#processes.work(paths)));
    output.tasks += paths.flat().length;
    for (const { signatures, statements, bytes } of tallies) {
      output.signatures += signatures;
      output.statements += statements;
      output.bytes += bytes;
    }
    output.published += (await published(this.place)) - before;
    return milliseconds;
  }

  /** Looks for the targets on these paths as clients do. */
  async #look(paths: Paths, by: "free" | "locked"): Promise<void> {
    const oracle = await PublishedOracle.of(this.place, this.crew.bins);
    const targets = paths.flat().map((path) => [path, targetOf(path)] as const);
    const lost = await oracle.lost(targets);
    this.acknowledged[by].updates += targets.length;
    this.acknowledged[by].lost += lost;
  }

  /** For each worker, tasks on paths that nobody else has. */
  #pathsOf(round: number | "warm-up", tasks: number): Paths {
    return Array.from({ length: this.crew.workers }, (_, worker) =>
      Array.from({ length: tasks }, (_unused, task) => `${this.name}/${round}/${worker}/${task}.tgz`),
    );
  }
}

/** Versions of metadata that were published. The timestamp's file has no number; there is one for every snapshot. */
async function published({ directory }: TufPlace): Promise<number> {
  const names = await readdir(join(directory, "metadata"));
  const count = (pattern: RegExp): number => names.filter((name) => pattern.test(name)).length;
  return count(/^\d+\./) + count(/^\d+\.snapshot\./);
}
