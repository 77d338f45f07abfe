import { imageToDocument } from "../../../domain/image/image-document.js";
import type { ImageRepository } from "../../../domain/image/image-repository.js";

export interface ExportOptions {
  /** The id of the last image that was written before: goes on behind it, whether or not it is there still. */
  readonly after?: string | undefined;
  /** Told of how many images were written, after each page. */
  readonly onImages?: (count: number) => void;
  readonly signal?: AbortSignal;
}

/** Most images read at a time: even where all are as long as can be, they fit into memory. */
const MOST_IMAGES = 64;
/** Characters that a page should not have more of, as far as the one before it tells. */
const PAGE_TEXT = 16_000_000;
/** Characters that are written at a time, unless a line has more. */
const PIECE = 1_000_000;

/**
 * Writes all images in the order of their ids, one as JSON per line: what `importImages` takes. Properties that services
 * keep for themselves, and members, are no part of a catalogue.
 *
 * @param write takes whole lines; the next ones follow when it is done
 * @throws what `write` throws, and what `signal` was aborted with
 */
export async function exportImages(
  images: ImageRepository,
  write: (lines: string) => Promise<void>,
  { after, onImages, signal }: ExportOptions = {},
): Promise<void> {
  let limit = 1;
  for (let last = after; ;) {
    signal?.throwIfAborted();
    const where = last === undefined ? {} : { id: { gt: last } };
    const { records, next } = await images.list({ where, sort: [{ by: "id" }], limit });
    let text = 0;
    let piece = "";
    for (const image of records) {
      const line = `${JSON.stringify(imageToDocument(image))}\n`;
      text += line.length;
      if (piece !== "" && piece.length + line.length > PIECE) {
        await write(piece);
        piece = "";
      }
      piece += line;
    }
    if (piece !== "") await write(piece);
    onImages?.(records.length);
    if (next === undefined) return;
    last = next;
    limit = Math.max(1, Math.min(MOST_IMAGES, 4 * limit, Math.floor((PAGE_TEXT * records.length) / text)));
  }
}
