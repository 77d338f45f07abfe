import { createReadStream } from "node:fs";
import { open, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { UsageError } from "../exit-code.js";
import { LockedError, takeLock } from "../process-lock.js";

/** Where an export is written, to go on where it was stopped. */
export interface CatalogueOutput {
  /** The id of the last image that was written before. */
  readonly after: string | undefined;
  /** How many images were. */
  readonly before: number;
  write(lines: string): Promise<void>;
  /** All is written. */
  complete(): Promise<void>;
  close(): Promise<void>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * An export into a file: written as `<file>.part`, which gets its name when it is whole. A part that an earlier run left is
 * continued behind its last whole line: `<file>.part.source` tells that it was begun here, and from which database.
 *
 * @param source the database's place
 * @param overwrite whether a file may be there already
 * @throws UsageError where the file is in the way, another export writes it, or its part is none of this database
 */
export async function outputFile(file: string, source: string, overwrite: boolean): Promise<CatalogueOutput> {
  await requireFree(file, overwrite);
  const part = `${file}.part`;
  const release = await takeLock(`${part}.pid`).catch((error: unknown) => {
    if (!(error instanceof LockedError)) throw error;
    throw new UsageError(`another export (process ${error.owner}) writes ${file}`);
  });
  try {
    const { after, before } = await begun(part, source);
    const handle = await open(part, "a");
    return {
      after,
      before,
      write: async (lines) => {
        await handle.appendFile(lines);
      },
      complete: async () => {
        await handle.sync();
        await rename(part, file);
        await rm(sourceOf(part), { force: true });
      },
      close: async () => {
        await handle.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** An export to a pipe; waits for its reader. */
export function outputStream(stream: NodeJS.WritableStream): CatalogueOutput {
  return {
    after: undefined,
    before: 0,
    write: (lines) =>
      new Promise((resolve, reject) => {
        stream.write(lines, (error) => (error ? reject(error) : resolve()));
      }),
    complete: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function requireFree(file: string, overwrite: boolean): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isFile()) throw new UsageError(`${file} is no file; - writes to standard output`);
  if (!overwrite) throw new UsageError(`${file} is there already; --force overwrites it`);
}

function sourceOf(part: string): string {
  return `${part}.source`;
}

/** The last image of the part that an earlier run left, cut behind it, and how many it holds. */
async function begun(part: string, source: string): Promise<Pick<CatalogueOutput, "after" | "before">> {
  if ((await stat(part).catch(() => undefined)) === undefined) {
    await writeFile(sourceOf(part), source);
    return { after: undefined, before: 0 };
  }
  const told = await readFile(sourceOf(part), "utf8").catch(() => undefined);
  if (told === undefined) throw refusal(part, "it was not begun by an export");
  if (told !== source) throw refusal(part, `it was begun from ${told}`);
  const { last, end, lines } = await wholeLines(part);
  const after = last === undefined ? undefined : idOf(last);
  if (last !== undefined && after === undefined) throw refusal(part, "its last line is no image");
  await truncate(part, end);
  return { after, before: lines };
}

function refusal(part: string, reason: string): UsageError {
  return new UsageError(`${part} cannot be continued: ${reason}; remove it to start anew`);
}

function idOf(line: Buffer): string | undefined {
  try {
    const { id } = JSON.parse(line.toString()) as { id?: unknown };
    return typeof id === "string" && UUID.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

/** The last whole line, where it ends, and how many there are. Holds one line at a time. */
async function wholeLines(part: string): Promise<{ last: Buffer | undefined; end: number; lines: number }> {
  let end = 0;
  let lines = 0;
  let last: Buffer | undefined;
  let open: Buffer[] = [];
  let position = 0;
  for await (const chunk of createReadStream(part) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at; (at = chunk.indexOf(0x0a, start)) !== -1; start = at + 1) {
      last = Buffer.concat([...open, chunk.subarray(start, at)]);
      open = [];
      end = position + at + 1;
      lines++;
    }
    open.push(chunk.subarray(start));
    position += chunk.length;
  }
  return { last, end, lines };
}
