import type { CatalogueLine } from "../../application/images/catalogue-line.js";

/**
 * More than the longest image at the default quotas: 128 properties of 255 and 65,535 characters, of each of which JSON
 * makes six bytes, take 51 MB, and all else of it less than 2 MB.
 */
const LONGEST_LINE = 64 * 1024 * 1024;

const NEWLINE = 0x0a;
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The lines of a file in chunks of bytes; holds one line at a time. Empty lines are counted and left out. A line that is too
 * long, or no UTF-8, is told as such and the next one is read.
 *
 * @param longest in bytes
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  longest = LONGEST_LINE,
): AsyncGenerator<CatalogueLine> {
  let number = 0;
  let parts: Uint8Array[] = [];
  let length = 0;
  const line = (): CatalogueLine | undefined => {
    number++;
    const content = length > longest ? { fault: `longer than ${longest} bytes` } : decoded(parts);
    parts = [];
    length = 0;
    return "text" in content && content.text.trim() === "" ? undefined : { number, content };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end; (end = chunk.indexOf(NEWLINE, start)) !== -1; start = end + 1) {
      take(chunk.subarray(start, end));
      const complete = line();
      if (complete !== undefined) yield complete;
    }
    take(chunk.subarray(start));
  }
  const last = length > 0 ? line() : undefined;
  if (last !== undefined) yield last;

  function take(part: Uint8Array): void {
    length += part.length;
    if (length > longest)
      parts = []; // nobody will read it
    else if (part.length > 0) parts.push(part);
  }
}

function decoded(parts: readonly Uint8Array[]): CatalogueLine["content"] {
  try {
    return { text: UTF8.decode(Buffer.concat(parts)) }; // drops a byte order mark
  } catch {
    return { fault: "no UTF-8" };
  }
}
