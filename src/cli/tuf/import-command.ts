import type { Command } from "commander";
import { tufSource } from "../../composition/tuf-source.js";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { count } from "./arguments.js";
import { type RepositoryFlags, withNewRepository, withRepositoryOptions } from "./open-repository.js";

interface ImportFlags extends RepositoryFlags {
  readonly bins: number;
}

export function addImport(tuf: Command): void {
  withRepositoryOptions(tuf.command("import"))
    .description("take over a repository that other tools made; what was interrupted is completed by the same command")
    .argument("<directory>", "its metadata, with root files from 1.root.json on")
    .option("--bins <number>", "a power of two from 2 to 65,536; it need not be the source's", count, 256)
    .action((directory: string, flags: ImportFlags) => answer("import", flags, () => imported(directory, flags)));
}

async function imported(directory: string, flags: ImportFlags): Promise<Answer> {
  const { bins, name } = flags;
  const report = await Progress.during("accept targets", undefined, (progress) =>
    withNewRepository(flags, (tuf) =>
      tuf.import(tufSource(directory), { bins, onTargets: (targets) => progress.advance(targets) }),
    ),
  );
  const { targets, rootVersion, snapshotVersion, timestampVersion, expired } = report;
  const versions = `root ${rootVersion}, snapshot ${snapshotVersion}, timestamp ${timestampVersion}`;
  const text = [
    `repository ${name} with ${bins} bins and ${targets} targets is imported and published: ${versions}`,
    ...expired.map((role) => `${role} had expired`),
  ].join("\n");
  return { text, json: { name, bins, ...report } };
}
