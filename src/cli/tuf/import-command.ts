import type { Command } from "commander";
import { tufSource } from "../../composition/tuf-source.js";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { count } from "./arguments.js";
import { type RepositoryFlags, withNewRepository, withRepositoryOptions } from "./open-repository.js";

interface ImportFlags extends RepositoryFlags {
  readonly bins: number;
  readonly binPrefix: string;
}

export function addImport(tuf: Command): void {
  withRepositoryOptions(tuf.command("import"))
    .description("take over a repository that other tools made; what was interrupted is completed by the same command")
    .argument("<directory>", "its metadata, with root files from 1.root.json on")
    .option("--bins <number>", "a power of two from 2 to 65,536; it need not be the source's", count, 256)
    .option(
      "--bin-prefix <name>",
      "what the bins are named after; no custom role of the source may have this name",
      "bins",
    )
    .action((directory: string, flags: ImportFlags) => answer("import", flags, () => imported(directory, flags)));
}

async function imported(directory: string, flags: ImportFlags): Promise<Answer> {
  const { bins, binPrefix: namePrefix, name } = flags;
  const report = await Progress.during("accept targets", undefined, (progress) =>
    withNewRepository(flags, (tuf) =>
      tuf.import(tufSource(directory), { bins, namePrefix, onTargets: (targets) => progress.advance(targets) }),
    ),
  );
  const { targets, customRoles, rootVersion, snapshotVersion, timestampVersion, expired } = report;
  const versions = `root ${rootVersion}, snapshot ${snapshotVersion}, timestamp ${timestampVersion}`;
  const text = [
    `repository ${name} with ${bins} bins and ${targets} targets is imported and published: ${versions}`,
    ...(customRoles.length > 0
      ? [`kept as they were signed, and signed by their keys: ${customRoles.join(", ")}`]
      : []),
    ...expired.map((role) => `${role} had expired`),
  ].join("\n");
  return { text, json: { name, bins, ...report } };
}
