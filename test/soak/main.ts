import { Command, InvalidArgumentError } from "commander";
import { randomBytes } from "node:crypto";
import { createConnection } from "mysql2/promise";
import { printTable } from "../../src/cli/demo/print-table.js";
import { Progress } from "../../src/cli/progress.js";
import { findTestServer } from "../support/server/find-test-server.js";
import { driverUrl } from "../support/server/server-version.js";
import { serverSources } from "../support/server/sources.js";
import { URL_VARIABLE } from "../support/server/url-source.js";
import { MOST_WRITERS } from "./ledger.js";
import { soak, type SoakReport } from "./soak.js";

interface Options {
  readonly updates: number;
  readonly processes: number;
  readonly kills: number;
  readonly records: number;
  readonly seed: number;
  readonly arm: "changes" | "full";
  readonly database?: string;
}

const program = new Command("soak")
  .description("lets processes update the same records, kills some, and checks that nothing is lost")
  .option("--updates <number>", "acknowledged updates in all", whole(1), 1_000_000)
  .option("--processes <number>", `processes that write at once, up to ${MOST_WRITERS}`, whole(1, MOST_WRITERS), 4)
  .option("--kills <number>", "how often one of them is killed", whole(0), 20)
  .option("--records <number>", "records that they share", whole(8), 200)
  .option("--seed <number>", "of what they do; the order in which it happens is the machine's", whole(0), randomSeed())
  .option("--arm <arm>", "changes, or full: the write path that loses updates", arm, "changes")
  .option("--database <url>", "a server (mysql://user:password@host:port/), or sqlite:path of a new file")
  .showHelpAfterError();

const options = program.parse().opts<Options>();
process.exitCode = (await run(options)) ? 0 : 1;

/** @returns whether nothing was lost */
async function run({ database, ...options }: Options): Promise<boolean> {
  const progress = new Progress(`${options.processes} processes, seed ${options.seed}`, options.updates);
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stopped.abort());
  const work = async (url: string): Promise<SoakReport> => {
    try {
      return await soak({ ...options, url, signal: stopped.signal }, (updates) => progress.advance(updates));
    } finally {
      progress.finish();
    }
  };
  const report = database?.startsWith("sqlite:") === true ? await work(database) : await onServer(database, work);
  print(report);
  return report.faults.length === 0 && report.lost === 0;
}

/** In a database that is made for this and dropped afterwards, on the server named or on one as the tests find it. */
async function onServer<T>(named: string | undefined, work: (url: string) => Promise<T>): Promise<T> {
  const environment = named === undefined ? process.env : { [URL_VARIABLE]: named };
  const server = await findTestServer(serverSources(environment, console.log), console.log);
  try {
    const connection = await createConnection({ uri: driverUrl(server.url) });
    const name = `distinction_soak_${randomBytes(5).toString("hex")}`;
    await connection.query("CREATE DATABASE ?? CHARACTER SET utf8mb4", [name]);
    try {
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return await work(url.href);
    } finally {
      await connection.end();
      const last = await createConnection({ uri: driverUrl(server.url) });
      await last.query("DROP DATABASE ??", [name]);
      await last.end();
    }
  } finally {
    await server.stop();
  }
}

function print(report: SoakReport): void {
  const { updates, seconds, retries, conflicts, kills, interrupted, stored, clouded, lost, faults } = report;
  printTable(
    ["soak", "count"],
    [
      ["updates acknowledged", updates],
      ["updates per second", Math.round(updates / seconds)],
      ["retries: another writer came first", retries],
      ["conflicts, refused", conflicts],
      ["processes killed", kills],
      ["operations in whose middle a process died", interrupted],
      ["of these stored", stored],
      ["records not judged, a process having died at them", clouded],
      ["updates lost", lost],
    ],
  );
  const SHOWN = 20;
  for (const fault of faults.slice(0, SHOWN)) console.error(fault);
  if (faults.length > SHOWN) console.error(`and ${faults.length - SHOWN} more`);
  console.log(faults.length === 0 ? "\nNothing was lost." : "\nThe store is not as the acknowledged updates make it.");
}

function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number from ${least} on${most < 1e9 ? ` to ${most}` : ""}.`);
  };
}

function arm(text: string): string {
  if (text === "changes" || text === "full") return text;
  throw new InvalidArgumentError("changes or full.");
}

function randomSeed(): number {
  return randomBytes(4).readUInt32BE();
}
