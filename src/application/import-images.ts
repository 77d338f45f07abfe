import type { Clock } from "../../domain/distinction/clock.js";
import { DistinctionError, InvalidValueError } from "../../domain/distinction/errors.js";
import { imageFromDocument, isObject } from "../../domain/image/image-document.js";
import type { ImageRepository } from "../../domain/image/image-repository.js";
import type { Image } from "../../domain/image/image-type.js";

/** One line of a catalogue: its text, or why it has none. */
export interface CatalogueLine {
  /** From 1. */
  readonly number: number;
  readonly content: { readonly text: string } | { readonly fault: string };
}

export interface ImportReport {
  readonly imported: number;
  /** Lines whose image was there already, from an import before, say. */
  readonly existing: number;
  readonly bad: number;
}

export interface ImportOptions {
  /** Told of each line that cannot be imported. */
  readonly onBadLine: (number: number, reason: string) => void;
  /** Told of how many lines are done, after each batch. */
  readonly onLines: (count: number) => void;
  readonly signal: AbortSignal;
}

/** Images of one batch: few enough for one transaction, enough to make its statements worth their while. */
const BATCH = 100;

interface Candidate {
  readonly number: number;
  readonly image: Image;
}

/**
 * Imports a catalogue, one image as JSON per line (see `ImageDocument`). A bad line does not stop the rest. What is there
 * already is left alone, so an import that was stopped goes on where it was when it is run again.
 *
 * @throws what `signal` was aborted with; the batches before are imported
 */
export async function importImages(
  { images, clock }: { readonly images: ImageRepository; readonly clock: Pick<Clock, "now"> },
  lines: AsyncIterable<CatalogueLine>,
  { onBadLine, onLines, signal }: ImportOptions,
): Promise<ImportReport> {
  const report = { imported: 0, existing: 0, bad: 0 };
  const bad = (number: number, error: unknown): void => {
    report.bad++;
    onBadLine(number, reasonOf(error));
  };
  let batch: Candidate[] = [];
  let taken = 0;
  const flush = async (): Promise<void> => {
    signal.throwIfAborted();
    const outcome = await addAll(images, batch, bad);
    report.imported += outcome.imported;
    report.existing += outcome.existing;
    onLines(taken);
    batch = [];
    taken = 0;
  };
  for await (const { number, content } of lines) {
    taken++;
    try {
      batch.push({ number, image: imageOf(content, new Date(clock.now())) });
    } catch (error) {
      if (!isBadLine(error)) throw error;
      bad(number, error);
    }
    if (batch.length === BATCH || taken === BATCH) await flush();
  }
  if (taken > 0) await flush();
  return report;
}

class BadLineError extends Error {}

function imageOf(content: CatalogueLine["content"], now: Date): Image {
  if ("fault" in content) throw new BadLineError(content.fault);
  const document = parsed(content.text);
  if (!isObject(document)) throw new BadLineError("an object with an image is needed");
  return imageFromDocument(document, now);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new BadLineError("no JSON");
  }
}

/** All that are new in one go; one by one where that is refused, so that each is told by itself. */
async function addAll(
  images: ImageRepository,
  batch: readonly Candidate[],
  bad: (number: number, error: unknown) => void,
): Promise<{ imported: number; existing: number }> {
  const known = await existing(images, batch);
  const fresh = batch.filter(({ image }) => !known.has(image.id));
  const outcome = { imported: 0, existing: batch.length - fresh.length };
  if (fresh.length === 0) return outcome;
  try {
    await images.addAll(fresh.map(({ image }) => image));
    return { ...outcome, imported: fresh.length };
  } catch (error) {
    if (!isBadLine(error) && !isTaken(error)) throw error;
  }
  for (const { number, image } of fresh) {
    try {
      await images.add(image);
      outcome.imported++;
    } catch (error) {
      if (isTaken(error)) outcome.existing++;
      else if (isBadLine(error)) bad(number, error);
      else throw error;
    }
  }
  return outcome;
}

async function existing(images: ImageRepository, batch: readonly Candidate[]): Promise<ReadonlySet<string>> {
  if (batch.length === 0) return new Set();
  const ids = batch.map(({ image }) => image.id);
  const scope = { properties: [], tags: [], locations: [] };
  const { records } = await images.list({ where: { id: { in: ids } }, limit: ids.length, scope });
  return new Set(records.map(({ id }) => id));
}

function isBadLine(error: unknown): boolean {
  return error instanceof BadLineError || error instanceof InvalidValueError;
}

function isTaken(error: unknown): boolean {
  return error instanceof DistinctionError && error.code === "RECORD_EXISTS";
}

function reasonOf(error: unknown): string {
  if (error instanceof InvalidValueError)
    return error.faults.map(({ path, reason }) => `${path}: ${reason}`).join("; ");
  return (error as Error).message;
}
