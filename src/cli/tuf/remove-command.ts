import type { Command } from "commander";
import { UsageError } from "../exit-code.js";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { type RepositoryFlags, withRepository, withRepositoryOptions } from "./open-repository.js";
import { readLines } from "./target-list.js";

interface RemoveFlags extends RepositoryFlags {
  readonly fromList?: string;
}

export function addRemove(tuf: Command): void {
  withRepositoryOptions(tuf.command("remove"))
    .description("accept the removal of targets; they vanish with the next publish")
    .argument("[path...]", "target paths")
    .option("--from-list <file>", "a path per line; - is standard input")
    .action((paths: readonly string[], flags: RemoveFlags) => answer("remove", flags, () => remove(paths, flags)));
}

async function remove(paths: readonly string[], flags: RemoveFlags): Promise<Answer> {
  const listed: string[] = [];
  if (flags.fromList !== undefined) for await (const { text } of readLines(flags.fromList)) listed.push(text);
  const all = [...paths, ...listed];
  if (all.length === 0) throw new UsageError("name a path, or a list with --from-list");
  const { targets, bins } = await withRepository(flags, (tuf) =>
    Progress.during("accept removals", all.length, (bar) =>
      tuf.remove(all, { onEdits: (edits) => bar.advance(edits) }),
    ),
  );
  const absent = new Set(all).size - targets;
  const text = [
    targets === 0 ? "nothing to do" : `accepted: removals ${targets}, bins ${bins.length}; publish them`,
    ...(absent === 0 ? [] : [`paths that are no targets: ${absent}`]),
  ].join("\n");
  return { text, json: { removed: targets, absent, bins } };
}
