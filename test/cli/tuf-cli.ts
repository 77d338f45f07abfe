import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, vi } from "vitest";

/** What people run: `npm test` builds it first. */
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** `distinction tuf …` in a directory, with nothing of this process's environment that would change what it does. */
export function start(cwd: string, parameters: readonly string[], variables: Record<string, string> = {}): Running {
  const env = { PATH: globalThis.process.env["PATH"], ...variables };
  const process = spawn(globalThis.process.execPath, [MAIN, "tuf", ...parameters], { cwd, env, stdio: "pipe" });
  let [stdout, stderr] = ["", ""];
  process.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  process.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(process, "close").then(([code]: unknown[]) => ({ code: code as number | null, stdout, stderr }));
  return { process, ended };
}

export class TufCli {
  constructor(
    readonly cwd: string,
    private readonly variables: Record<string, string> = {},
  ) {}

  run(...parameters: string[]): Promise<Ended> {
    const { process, ended } = start(this.cwd, parameters, this.variables);
    process.stdin!.end();
    return ended;
  }

  /** The JSON document of a command that succeeds. */
  async json(...parameters: string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await this.run(...parameters, "--json");
    if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  }
}

/** Has each test of a file begin with the command line in an empty directory, which is removed afterwards. */
export function tufOfEachTest(begin: (tuf: TufCli) => void): void {
  vi.setConfig({ testTimeout: 120_000 }); // each command is a process of its own
  let place: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), "distinction-tuf-"));
    begin(new TufCli(place));
  });
  afterEach(() => rm(place, { recursive: true, force: true }));
}
