import { type Command, InvalidArgumentError } from "commander";
import type { TargetFault } from "../../../domain/tuf/errors.js";
import type { JsonObject } from "../../../domain/tuf/json.js";
import type { Target } from "../../../domain/tuf/target.js";
import { UsageError } from "../exit-code.js";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { findFiles } from "./find-files.js";
import { type RepositoryFlags, withRepository, withRepositoryOptions } from "./open-repository.js";
import { type Refusal, RefusedError, systemReason } from "./refusal.js";
import { describeFile, storeFile } from "./target-files.js";
import { parseTarget, readLines } from "./target-list.js";

interface AddFlags extends RepositoryFlags {
  readonly fromList?: string;
  readonly base: string;
  readonly custom?: JsonObject;
  readonly targets?: string;
  readonly partial?: boolean;
}

export function addAdd(tuf: Command): void {
  withRepositoryOptions(tuf.command("add"))
    .description("accept files as targets; they become visible with the next publish. Nothing, where one is refused")
    .argument("[path...]", "files, and directories with all files in them")
    .option("--from-list <file>", '"<SHA-256> <length> <path>" or JSON, a target per line; - is standard input')
    .option("--base <directory>", "what target paths are relative to", ".")
    .option("--targets <directory>", "also copy each file there, under the name that clients ask for (HASH.name)")
    .option("--custom <json>", "custom metadata of every file", customObject)
    .option("--partial", "accept what can be accepted, and answer for each target")
    .action((paths: readonly string[], flags: AddFlags) =>
      answer("add", flags, (interruption) => interruption.during((signal) => add(paths, flags, signal))),
    );
}

/** What is to be added, and what cannot be. */
interface Gathered {
  readonly targets: Map<string, Target>;
  /** Where the content is, by target path; nothing for those from a list. */
  readonly files: Map<string, string>;
  readonly refused: Refusal[];
}

async function add(paths: readonly string[], flags: AddFlags, signal: AbortSignal): Promise<Answer> {
  if (paths.length === 0 && flags.fromList === undefined) {
    throw new UsageError("name a file or a directory, or a list with --from-list");
  }
  // Looked for before anything is read: a command in the wrong directory fails at once.
  return withRepository(flags, async (tuf) => {
    const gathered: Gathered = { targets: new Map(), files: new Map(), refused: [] };
    await gatherFiles(paths, flags, gathered, signal);
    if (flags.fromList !== undefined) await gatherList(flags.fromList, gathered, signal);
    dropInvalid(gathered, await tuf.faultsOf(gathered.targets));
    const { targets, files, refused } = gathered;
    const [first, ...others] = refused;
    if (first !== undefined && flags.partial !== true) throw new RefusedError([first, ...others]);
    if (flags.targets !== undefined) await copyFiles(flags.targets, gathered, signal);
    // Accepted last: whatever is published from now on is where clients look for it.
    const { bins } = await Progress.during("accept targets", targets.size, (bar) =>
      tuf.add(targets, { signal, onEdits: (edits) => bar.advance(edits) }),
    );
    return accepted([...targets.keys()], bins, refused, flags.partial === true, files.size);
  });
}

async function gatherFiles(
  paths: readonly string[],
  { base, custom }: AddFlags,
  { targets, files, refused }: Gathered,
  signal: AbortSignal,
): Promise<void> {
  const found = await findFiles(paths, base, signal);
  refused.push(...found.refused);
  await Progress.during("hash files", found.files.length, async (bar) => {
    for (const { file, path } of found.files) {
      signal.throwIfAborted();
      try {
        const target = await describeFile(file, signal);
        targets.set(path, custom === undefined ? target : { ...target, custom });
        files.set(path, file);
      } catch (error) {
        signal.throwIfAborted();
        refused.push({ path: file, reason: systemReason(error) });
      }
      bar.advance();
    }
  });
}

async function gatherList(list: string, { targets, refused }: Gathered, signal: AbortSignal): Promise<void> {
  await Progress.during("read the list", undefined, async (bar) => {
    for await (const line of readLines(list, signal)) {
      const parsed = parseTarget(line);
      if ("reason" in parsed) refused.push(parsed);
      else targets.set(...parsed);
      bar.advance();
    }
  });
}

function dropInvalid(
  { targets, files, refused }: Gathered,
  faultsByPath: ReadonlyMap<string, readonly TargetFault[]>,
): void {
  for (const [path, faults] of faultsByPath) {
    for (const fault of faults) refused.push({ path: fault.path, reason: fault.reason });
    targets.delete(path);
    files.delete(path);
  }
}

async function copyFiles(directory: string, { targets, files }: Gathered, signal: AbortSignal): Promise<void> {
  await Progress.during("copy files", files.size, async (bar) => {
    for (const [path, file] of files) {
      await storeFile(file, directory, path, targets.get(path)!, signal);
      bar.advance();
    }
  });
}

function accepted(
  paths: readonly string[],
  bins: readonly string[],
  refused: readonly Refusal[],
  isPartial: boolean,
  files: number,
): Answer {
  const head = `accepted: targets ${paths.length}, bins ${bins.length}; publish them`;
  const text = [head, ...refused.map(({ path, reason }) => `refused ${path}: ${reason}`)].join("\n");
  const items = [
    ...paths.map((path) => ({ path, accepted: true })),
    ...refused.map(({ path, reason }) => ({ path, accepted: false, reason })),
  ];
  const json = { accepted: paths.length, refused: refused.length, bins, files, ...(isPartial ? { items } : {}) };
  return { text, json, exitCode: refused.length === 0 ? 0 : 1 };
}

function customObject(text: string): JsonObject {
  try {
    const read = JSON.parse(text) as JsonObject | null;
    if (typeof read === "object" && read !== null && !Array.isArray(read)) return read;
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError("It is a JSON object.");
}
