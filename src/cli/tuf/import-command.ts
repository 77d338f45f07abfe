import type { Command } from "commander";
import { tufSource } from "../../composition/tuf-source.js";
import { Progress } from "../progress.js";
import { answer, type Answer } from "./answer.js";
import { count } from "./arguments.js";
import { type ExpiryFlags, withExpiryOption } from "./expiry-option.js";
import { type RepositoryFlags, withNewRepository, withRepositoryOptions } from "./open-repository.js";

interface ImportFlags extends RepositoryFlags, ExpiryFlags {
  readonly bins: number;
  readonly binPrefix: string;
  readonly binsByPrefix?: boolean;
}

export function addImport(tuf: Command): void {
  withExpiryOption(withRepositoryOptions(tuf.command("import")))
    .description("take over a repository that other tools made; what was interrupted is completed by the same command")
    .argument("<directory>", "its metadata, with root files from 1.root.json on")
    .option("--bins <number>", "a power of two from 2 to 65,536; it need not be the source's", count, 256)
    .option(
      "--bins-by-prefix",
      "list them with hash prefixes, for clients that do not know succinct roles; at most 16384, and for good",
    )
    .option(
      "--bin-prefix <name>",
      "what the bins are named after; no custom role of the source may have this name",
      "bins",
    )
    .action((directory: string, flags: ImportFlags) => answer("import", flags, () => imported(directory, flags)));
}

async function imported(directory: string, flags: ImportFlags): Promise<Answer> {
  const { bins, binPrefix: namePrefix, binsByPrefix = false, expires: expiry, name } = flags;
  const request = { bins, namePrefix, binsByPrefix, ...(expiry && { expiry }) };
  const bars = new Bars("check the source");
  const report = await withNewRepository(
    flags,
    (tuf) => {
      const onTargets = (targets: number): void => bars.advance("accept targets", targets);
      return tuf.import(tufSource(directory), { ...request, onTargets }).finally(() => bars.stop());
    },
    () => bars.advance("sign and publish", 1),
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

/** One bar after the other, as the work goes on: nobody knows the totals before. */
class Bars {
  #bar: Progress;

  constructor(private label: string) {
    this.#bar = Bars.#labelled(label);
  }

  advance(label: string, by: number): void {
    if (label !== this.label) {
      this.#bar.stop();
      this.label = label;
      this.#bar = Bars.#labelled(label);
    }
    this.#bar.advance(by);
  }

  stop(): void {
    this.#bar.stop();
  }

  static #labelled(label: string): Progress {
    return new Progress(label, undefined, { output: process.stderr, leaves: "nothing" });
  }
}
