import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import { exportImages } from "../application/images/export-images.js";
import { importImages } from "../application/images/import-images.js";
import { purgeImages } from "../application/images/purge-images.js";
import type { ImageQuotas } from "../../domain/image/image-quotas.js";
import type { DistinctionOptions } from "../composition/distinction-options.js";
import type { Distinction } from "../composition/open-distinction.js";
import { databasePlace, missingDatabaseFile } from "./database-file.js";
import { codeOf, EXIT, exitCodeOf, UsageError } from "./exit-code.js";
import { outputFile, outputStream } from "./images/catalogue-file.js";
import { told } from "./images/told.js";
import { splitLines } from "./images/split-lines.js";
import { Interruption } from "./interruption.js";
import { Progress } from "./progress.js";

/** Of a program whose reader went away: 128 + SIGPIPE. */
const BROKEN_PIPE = 141;

interface Flags {
  readonly database: string;
  readonly force?: boolean;
  readonly quota?: Partial<ImageQuotas>;
}

const QUOTAS = ["properties", "tags", "locations", "members"] as const satisfies readonly (keyof ImageQuotas)[];

type Work = (distinction: Distinction, signal: AbortSignal) => Promise<boolean>;

/**
 * `distinction images import|export`: catalogues as JSON Lines, one image per line. `images purge`: what was removed.
 *
 * @param program whose settings hold here, too
 */
export function imagesCommand(program: Command): Command {
  const database = ["--database <url>", "mysql://…, mariadb://… or sqlite:file"] as const;
  return new Command("images")
    .copyInheritedSettings(program)
    .description("import and export image catalogues, one image as JSON per line; purge removed images")
    .addCommand(
      new Command("import")
        .copyInheritedSettings(program)
        .description(
          "add the images of a catalogue; those that are there already are left alone, so run it again to go on",
        )
        .argument("<file>", "the catalogue, or - for standard input")
        .requiredOption(...database)
        .option(
          "--quota <name=number>",
          `the service's, where not the default one, of ${QUOTAS.join(", ")}; -1: no limit; repeatable`,
          withQuota,
        )
        .action((file: string, { database, quota: quotas = {} }: Flags) =>
          run("import", { database, images: { quotas } }, (distinction, signal) =>
            read(distinction, file, quotas, signal),
          ),
        ),
    )
    .addCommand(
      new Command("export")
        .copyInheritedSettings(program)
        .description("write all images to a catalogue; one that was stopped goes on from FILE.part when run again")
        .argument("<file>", "the catalogue, or - for standard output")
        .requiredOption(...database)
        .option("--force", "overwrite FILE")
        .action((file: string, flags: Flags) =>
          // What is only read is not migrated.
          run("export", { database: flags.database, schema: "check" }, (distinction, signal) =>
            write(distinction, file, flags, signal),
          ),
        ),
    )
    .addCommand(
      new Command("purge")
        .copyInheritedSettings(program)
        .description("take removed images out of the images' table for good; run it every hour, say, at any time")
        .requiredOption(...database)
        .action((flags: Flags) =>
          run("purge", { database: flags.database, schema: "check" }, (distinction, signal) =>
            purge(distinction, flags, signal),
          ),
        ),
    );
}

/** The quotas that were given, with one more. */
function withQuota(given: string, before: Partial<ImageQuotas> = {}): Partial<ImageQuotas> {
  const [, name, number] = /^(\w+)=(-1|\d{1,15})$/.exec(given) ?? [];
  if (QUOTAS.some((quota) => quota === name)) return { ...before, [name!]: Number(number) };
  throw new InvalidArgumentError(`It is one of ${QUOTAS.join(", ")}, and a number: tags=500.`);
}

async function purge({ imageUpkeep }: Distinction, { database }: Flags, signal: AbortSignal): Promise<boolean> {
  await requireDatabase(database);
  const purged = await Progress.during("purging (images)", undefined, (progress) =>
    purgeImages(imageUpkeep, { onImages: (count) => progress.advance(count), signal }),
  );
  console.error(`${purged} purged`);
  return true;
}

async function requireDatabase(database: string): Promise<void> {
  const missing = await missingDatabaseFile(database);
  if (missing !== undefined) throw new UsageError(`there is no database ${missing}`);
}

/** Answers whether every line was good. */
async function read(
  { images }: Distinction,
  file: string,
  quotas: Partial<ImageQuotas>,
  signal: AbortSignal,
): Promise<boolean> {
  const size = await sizeOf(file);
  const chunks = file === "-" ? process.stdin : createReadStream(file);
  const progress = new Progress("importing (bytes)", size, { output: process.stderr, unit: "bytes" });
  const stop = (): void => void chunks.destroy(signal.reason as Error); // ends waiting for more, too
  signal.addEventListener("abort", stop);
  try {
    const report = await importImages({ images, clock: { now: Date.now } }, splitLines(counted(chunks, progress)), {
      onLine: (number, reason) => progress.say(`line ${number}: ${reason}`),
      signal,
      quotas,
    });
    progress.finish();
    const { imported, existing, different, removed, bad } = report;
    console.error(
      `${imported} imported, ${existing} there already (${different} otherwise), ${removed} removed before, ${bad} bad`,
    );
    return bad === 0;
  } finally {
    progress.stop();
    signal.removeEventListener("abort", stop);
    chunks.destroy();
  }
}

/**
 * Nobody knows how much comes through a pipe, whatever its name.
 *
 * @throws UsageError where there is nothing to read
 */
async function sizeOf(file: string): Promise<number | undefined> {
  if (file === "-") return undefined;
  const found = await stat(file).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") throw new UsageError(`there is no file ${file}`);
    throw error;
  });
  if (found.isDirectory()) throw new UsageError(`${file} is a directory`);
  return found.isFile() ? found.size : undefined;
}

async function* counted(chunks: AsyncIterable<Uint8Array>, progress: Progress): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    progress.advance(chunk.length); // once its lines were asked for, and so were handled
  }
}

async function write(
  { images, imageUpkeep, connect }: Distinction,
  file: string,
  { database, force = false }: Flags,
  signal: AbortSignal,
): Promise<boolean> {
  await requireDatabase(database);
  await connect(); // before a file is begun
  const output = file === "-" ? outputStream(process.stdout) : await outputFile(file, databasePlace(database), force);
  let progress: Progress | undefined;
  try {
    const { before } = output;
    const bar = (progress = new Progress("exporting (images)", await imageUpkeep.count(), {
      output: process.stderr,
      before,
    }));
    const onImages = (count: number): void => bar.advance(count);
    await exportImages(images, (lines) => output.write(lines), { after: output.after, onImages, signal });
    await output.complete();
    bar.finish();
    return true;
  } finally {
    progress?.stop();
    await output.close();
  }
}

async function run(name: string, options: DistinctionOptions, work: Work): Promise<void> {
  const interruption = new Interruption();
  process.stdout.on("error", () => undefined); // told to whoever writes, see below
  let distinction: Distinction | undefined;
  try {
    // Loaded only here: help and refusals of what was typed answer at once.
    const { openDistinction } = await import("../composition/open-distinction.js");
    const opened = (distinction = openDistinction(options));
    process.exitCode = (await interruption.during((signal) => work(opened, signal))) ? 0 : EXIT.failure;
  } catch (error) {
    const isBroken = codeOf(error) === "EPIPE";
    const stopped = interruption.exitCode;
    process.exitCode = stopped ?? (isBroken ? BROKEN_PIPE : exitCodeOf(error));
    if (stopped !== undefined) console.error("\nStopped; run it again to go on.");
    else if (!isBroken) console.error(`distinction images ${name}: ${told(error)}`);
  } finally {
    await distinction?.close();
  }
}
