import type { Command } from "commander";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { duration } from "./arguments.js";
import { type RepositoryFlags, withRepository, withRepositoryOptions } from "./open-repository.js";

interface PruneFlags extends RepositoryFlags {
  readonly keep: number;
}

export function addPrune(tuf: Command): void {
  withRepositoryOptions(tuf.command("prune"))
    .description("delete metadata files that no client can need any more; root files stay for ever")
    .option("--keep <time>", "what was current within this time stays: 7d, 12h", duration, duration("7d"))
    .action((flags: PruneFlags) =>
      answer("prune", flags, (interruption) => interruption.during((signal) => prune(flags, signal))),
    );
}

async function prune(flags: PruneFlags, signal: AbortSignal): Promise<Answer> {
  const deleted = await Progress.during("delete old files", undefined, (progress) => {
    const options = { keepFor: flags.keep, signal, onFiles: (files: number) => progress.advance(files) };
    return withRepository(flags, (tuf) => tuf.prune(options));
  });
  return { text: `old files deleted: ${deleted}`, json: { deleted } };
}
