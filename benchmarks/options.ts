import { Command, InvalidArgumentError } from "commander";
import type { Workload } from "./bench.js";
import { idsOf, named } from "./named.js";
import { WORKLOADS } from "./workloads/index.js";

const COUNTING = WORKLOADS.filter(({ count }) => count !== undefined);

export interface Options {
  readonly quick: boolean;
  readonly counts: boolean;
  readonly only: readonly Workload[];
  readonly json?: string;
  readonly report: string;
  readonly database?: string;
  readonly rtt: number;
  readonly seed: number;
  readonly check: boolean;
}

/** What cannot be understood ends the process with one line and exit code 2, as everything does that keeps a run from beginning. */
export function parseOptions(): Options {
  const command = new Command("npm run bench --")
    .description("What writing only the difference buys, what it costs, and whether anything is lost.")
    .option("--quick", "fewer rounds: a look in minutes", false)
    .option("--counts", "only what noise does not touch: statements, bytes, lost updates", false)
    .option("--only <ids>", `some workloads, of ${idsOf(WORKLOADS)}`, someOf)
    .option("--json <file>", "also write ratios, environment and raw samples to a file")
    .option("--report <folder>", "where report.html and its charts go", "benchmarks/report")
    .option("--rtt <ms>", "milliseconds to add to every round trip", milliseconds, 0)
    .option(
      "--database <url>",
      "a server to run on, mysql://user:password@host:port/, whose account has PROCESS; by default one is started",
      server,
    )
    .option("--seed <number>", "for the order of the arms", whole, 1)
    .option(
      "--check",
      "exit 1 where a figure misses its goal with its whole interval, or this library lost an update",
      false,
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .allowExcessArguments(false)
    .parse();
  const options = command.opts<Omit<Options, "only"> & Partial<Pick<Options, "only">>>();
  const asked = options.only ?? WORKLOADS;
  const only = options.counts ? asked.filter(({ count }) => count !== undefined) : asked;
  if (only.length === 0) command.error(`error: ${idsOf(asked)} has nothing to count, ${idsOf(COUNTING)} have`);
  return { ...options, only };
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1000)) throw new InvalidArgumentError("0 to 1000 milliseconds");
  return value;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("a whole number");
  return Number(text);
}

function server(text: string): string {
  if (!URL.canParse(text) || !/^(mysql|mariadb):$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError("mysql://user:password@host:port/");
  }
  return text;
}

function someOf(text: string): readonly Workload[] {
  try {
    return named(text, WORKLOADS);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
