import { Command, InvalidArgumentError } from "commander";
import { randomBytes } from "node:crypto";
import { createConnection } from "mysql2/promise";
import { printTable } from "../../../src/cli/demo/print-table.js";
import { Progress } from "../../../src/cli/progress.js";
import { startLocalServer } from "../../support/server/local-source.js";
import { driverUrl } from "../../support/server/server-version.js";
import { soakTuf, type TufSoakReport } from "./tuf-soak.js";

interface Options {
  readonly minutes: number;
  readonly seconds: number;
  readonly workers: number;
  readonly seed: number;
}

const program = new Command("soak:tuf")
  .description("freezes and kills workers of a TUF repository, restarts its database, and checks that nothing is lost")
  .option("--minutes <number>", "of work, checks not counted", positive, 5)
  .option("--seconds <number>", "of work between two checks", positive, 20)
  .option("--workers <number>", "processes that work at once", positive, 4)
  .option("--seed <number>", "of what they do; the order in which it happens is the machine's", positive, randomSeed())
  .showHelpAfterError();

process.exitCode = (await run(program.parse().opts<Options>())) ? 0 : 1;

/** @returns whether everything held */
async function run({ minutes, seconds, workers, seed }: Options): Promise<boolean> {
  const server = await startLocalServer(process.env, console.log);
  if (server === undefined) throw new Error("mysqld or mariadbd is needed on the PATH: the soak restarts it");
  const rounds = Math.max(1, Math.round((minutes * 60) / seconds));
  const progress = new Progress(`${workers} workers, seed ${seed}`, rounds);
  try {
    const connection = await createConnection({ uri: driverUrl(server.url) });
    await connection.query("CREATE DATABASE soak CHARACTER SET utf8mb4");
    await connection.end();
    const restart = async (): Promise<void> => {
      await server.kill();
      await server.start();
    };
    const order = { url: `${server.url}soak`, seed, workers, rounds, seconds, restart };
    const report = await soakTuf(order, () => progress.advance());
    progress.finish();
    print(server.name, report);
    return report.faults.length === 0;
  } finally {
    await server.stop();
  }
}

function print(server: string, { turns, suffered, held, faults, ...counts }: TufSoakReport): void {
  console.log(server);
  printTable(
    ["what", "count"],
    [
      ...Object.entries(turns).map(([kind, count]) => [`turns: ${kind}`, count] as const),
      ...Object.entries(suffered).map(([code, count]) => [`turns that ended in ${code}`, count] as const),
      ["failpoints at which a worker was held", Object.keys(held).length],
      ...Object.entries(counts).map(([what, count]) => [what, count] as const),
      ["faults", faults.length],
    ],
  );
  for (const fault of faults.slice(0, 20)) console.error(fault);
  console.log(faults.length === 0 ? "\nEverything held." : "\nSomething did not hold.");
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("a number above 0.");
}

function randomSeed(): number {
  return randomBytes(4).readUInt32BE() + 1;
}
