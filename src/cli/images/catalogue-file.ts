import { createReadStream } from "node:fs";
import { open, rename, stat, truncate, type FileHandle } from "node:fs/promises";

/** Where an export is written, to go on where it was stopped. */
export interface CatalogueOutput {
  /** The id of the last image that was written before. */
  readonly after: string | undefined;
  write(lines: string): Promise<void>;
  /** All is written. */
  complete(): Promise<void>;
  close(): Promise<void>;
}

/**
 * An export into a file: written as `<file>.part`, which gets its name when it is whole. A part that an earlier run left is
 * continued behind its last whole line.
 */
export async function outputFile(file: string): Promise<CatalogueOutput> {
  const part = `${file}.part`;
  const { after, end } = await lastImage(part);
  if (end !== undefined) await truncate(part, end);
  const handle: FileHandle = await open(part, "a");
  return {
    after,
    write: async (lines) => {
      await handle.appendFile(lines);
    },
    complete: async () => {
      await handle.sync();
      await rename(part, file);
    },
    close: () => handle.close(),
  };
}

/** An export to a pipe; waits for its reader. */
export function outputStream(stream: NodeJS.WritableStream): CatalogueOutput {
  return {
    after: undefined,
    write: (lines) =>
      new Promise((resolve, reject) => {
        stream.write(lines, (error) => (error ? reject(error) : resolve()));
      }),
    complete: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** The last whole line of a part: the id in it, and where it ends. Holds one line at a time. */
async function lastImage(part: string): Promise<{ after: string | undefined; end: number | undefined }> {
  const size = await stat(part).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return { after: undefined, end: undefined };
  let end = 0;
  let last: Buffer | undefined;
  let open: Buffer[] = [];
  let position = 0;
  for await (const chunk of createReadStream(part) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at; (at = chunk.indexOf(0x0a, start)) !== -1; start = at + 1) {
      last = Buffer.concat([...open, chunk.subarray(start, at)]);
      open = [];
      end = position + at + 1;
    }
    open.push(chunk.subarray(start));
    position += chunk.length;
  }
  const after = last === undefined ? undefined : (JSON.parse(last.toString()) as { id: string }).id;
  return { after, end };
}
