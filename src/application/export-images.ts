import { imageToDocument } from "../../domain/image/image-document.js";
import type { ImageRepository } from "../../domain/image/image-repository.js";

export interface ExportOptions {
  /** The id of the last image that was written before: goes on behind it, whether or not it is there still. */
  readonly after?: string | undefined;
  /** Told of how many images were written, after each page. */
  readonly onImages: (count: number) => void;
  readonly signal: AbortSignal;
}

/** Images read and written at a time. */
const PAGE = 250;

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
  { after, onImages, signal }: ExportOptions,
): Promise<void> {
  for (let last = after; ;) {
    signal.throwIfAborted();
    const where = last === undefined ? {} : { id: { gt: last } };
    const { records, next } = await images.list({ where, sort: [{ by: "id" }], limit: PAGE });
    if (records.length > 0) await write(records.map((image) => `${JSON.stringify(imageToDocument(image))}\n`).join(""));
    onImages(records.length);
    if (next === undefined) return;
    last = next;
  }
}
