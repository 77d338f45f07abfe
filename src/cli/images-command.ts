import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Command } from "commander";
import { exportImages } from "../application/export-images.js";
import { importImages } from "../application/import-images.js";
import { openDistinction, type Distinction } from "../composition/open-distinction.js";
import { codeOf, EXIT, exitCodeOf, messageOf } from "./exit-code.js";
import { outputFile, outputStream } from "./images/catalogue-file.js";
import { splitLines } from "./images/split-lines.js";
import { Interruption } from "./interruption.js";
import { Progress } from "./progress.js";

/** Of a program whose reader went away: 128 + SIGPIPE. */
const BROKEN_PIPE = 141;

interface Options {
  readonly database: string;
}

/**
 * `distinction images import|export`: catalogues as JSON Lines, one image per line.
 *
 * @param program whose settings hold here, too
 */
export function imagesCommand(program: Command): Command {
  const database = ["--database <url>", "mysql://…, mariadb://… or sqlite:file"] as const;
  return new Command("images")
    .copyInheritedSettings(program)
    .description("import and export image catalogues, one image as JSON per line")
    .addCommand(
      new Command("import")
        .copyInheritedSettings(program)
        .description(
          "add the images of a catalogue; those that are there already are left alone, so run it again to go on",
        )
        .argument("<file>", "the catalogue, or - for standard input")
        .requiredOption(...database)
        .action((file: string, options: Options) => run("import", options, (one, signal) => read(one, file, signal))),
    )
    .addCommand(
      new Command("export")
        .copyInheritedSettings(program)
        .description("write all images to a catalogue; one that was stopped goes on from FILE.part when run again")
        .argument("<file>", "the catalogue, or - for standard output")
        .requiredOption(...database)
        .action((file: string, options: Options) => run("export", options, (one, signal) => write(one, file, signal))),
    );
}

/** Answers whether every line was good. */
async function read({ images }: Distinction, file: string, signal: AbortSignal): Promise<boolean> {
  const fromFile = file !== "-";
  const total = fromFile ? (await stat(file)).size : undefined;
  const progress = new Progress("importing (bytes)", total, process.stderr);
  const chunks = fromFile ? createReadStream(file) : process.stdin;
  const stop = (): void => void chunks.destroy(signal.reason as Error); // ends waiting for more, too
  signal.addEventListener("abort", stop);
  try {
    const report = await importImages({ images, clock: { now: Date.now } }, splitLines(counted(chunks, progress)), {
      onBadLine: (number, reason) => progress.say(`line ${number}: ${reason}`),
      onLines: () => undefined,
      signal,
    });
    progress.finish();
    const { imported, existing, bad } = report;
    console.error(`${imported} imported, ${existing} there already, ${bad} bad`);
    return bad === 0;
  } finally {
    progress.stop();
    signal.removeEventListener("abort", stop);
    chunks.destroy();
  }
}

async function* counted(chunks: AsyncIterable<Uint8Array>, progress: Progress): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    progress.advance(chunk.length); // once its lines were asked for, and so were handled
  }
}

async function write({ images }: Distinction, file: string, signal: AbortSignal): Promise<boolean> {
  const output = file === "-" ? outputStream(process.stdout) : await outputFile(file);
  const progress = new Progress("exporting (images)", undefined, process.stderr);
  try {
    const onImages = (count: number): void => progress.advance(count);
    await exportImages(images, (lines) => output.write(lines), { after: output.after, onImages, signal });
    await output.complete();
    progress.finish();
    return true;
  } finally {
    progress.stop();
    await output.close();
  }
}

async function run(
  name: string,
  { database }: Options,
  work: (distinction: Distinction, signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const interruption = new Interruption();
  process.stdout.on("error", () => undefined); // told to whoever writes, see below
  let distinction: Distinction | undefined;
  try {
    const opened = (distinction = openDistinction({ database }));
    process.exitCode = (await interruption.during((signal) => work(opened, signal))) ? 0 : EXIT.failure;
  } catch (error) {
    const code = codeOf(error);
    const isStopped = interruption.exitCode !== undefined;
    process.exitCode = interruption.exitCode ?? (code === "EPIPE" ? BROKEN_PIPE : exitCodeOf(error));
    if (code !== "EPIPE") console.error(isStopped ? "\nStopped; run it again to go on." : told(name, error));
  } finally {
    await distinction?.close();
  }
}

/** What people need to go on. */
function told(name: string, error: unknown): string {
  const isFull = codeOf(error) === "ENOSPC";
  return `distinction images ${name}: ${isFull ? "no space left; make some and run it again to go on" : messageOf(error)}`;
}
