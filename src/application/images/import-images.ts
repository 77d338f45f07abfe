import { aFunction, anObject, aSignal, having, requireArguments, rule } from "../../../domain/distinction/arguments.js";
import type { Clock } from "../../../domain/distinction/clock.js";
import {
  DistinctionError,
  InvalidValueError,
  RecordExistsError,
  type DistinctionErrorCode,
} from "../../../domain/distinction/errors.js";
import { imageQuotas, type ImageQuotas } from "../../../domain/image/image-quotas.js";
import type { ImageRepository } from "../../../domain/image/image-repository.js";
import type { Image } from "../../../domain/image/image-type.js";
import {
  BadLineError,
  describeFaults,
  differences,
  imageOfLine,
  type CatalogueLine,
  type LineImage,
} from "./catalogue-line.js";

export interface ImportReport {
  readonly imported: number;
  /** Lines whose image was there already, from an import before, say. */
  readonly existing: number;
  /** Those of them that tell something else than what is there, times aside: a caller's begin with its import. */
  readonly different: number;
  /** Lines whose image was removed since; it is not brought back. Callers who do not see that are told of a bad line. */
  readonly removed: number;
  readonly bad: number;
}

export interface ImportOptions {
  /** Told, in their order, of the lines that are not imported, but for those whose image is there just so. */
  readonly onLine: (number: number, reason: string) => void;
  readonly signal: AbortSignal;
  /** Of the repository, as far as they are not the default ones: a line beyond them is refused before it is looked at. */
  readonly quotas?: Partial<ImageQuotas>;
}

/** What messages about arguments begin with. */
const IMPORT = "import of images";

/** Lines of one batch: few enough for one transaction, enough to make its statements worth their while. */
const MOST_LINES = 100;
/** Characters after which a batch is full: lines can be long. */
const MOST_TEXT = 4_000_000;

const theImages = having("an image repository", "list", "add", "addAll", "find");
const aClock = having("a clock", "now");
const someLines = rule("lines, as an async iterable", (value) => {
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: iterator } = Object(value) as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  return typeof value === "object" && typeof (asynchronous ?? iterator) === "function";
});
const aLine = rule("a line with number and content", (value) => {
  const { number, content } = Object(value) as Partial<CatalogueLine>;
  return typeof number === "number" && typeof content === "object" && content !== null;
});

/** The outcome of each line, and why, where that is to be told. */
type Outcome = readonly [kind: keyof ImportReport, reason?: string];

/**
 * Imports a catalogue, one image as JSON per line (see `ImageDocument`). A bad line does not stop the rest. What is there
 * already is left alone, so an import that was stopped goes on where it was when it is run again.
 *
 * @throws what `signal` was aborted with; the batches before are imported
 * @throws InvalidValueError where an option, or a line, is none; the batches before are imported
 */
export async function importImages(
  ports: { readonly images: ImageRepository; readonly clock: Pick<Clock, "now"> },
  lines: AsyncIterable<CatalogueLine>,
  options: ImportOptions,
): Promise<ImportReport> {
  requireArguments(IMPORT, { ports: [ports, anObject], lines: [lines, someLines], options: [options, anObject] });
  const { images, clock } = ports;
  const { onLine, signal } = options;
  requireArguments(IMPORT, { images: [images, theImages], clock: [clock, aClock] });
  requireArguments(IMPORT, { onLine: [onLine, aFunction], signal: [signal, aSignal] });
  const quotas = imageQuotas(options.quotas);
  const report = { imported: 0, existing: 0, different: 0, removed: 0, bad: 0 };
  let outcomes = new Map<number, Outcome>();
  let batch: LineImage[] = [];
  let text = 0;
  const flush = async (): Promise<void> => {
    signal.throwIfAborted();
    await addBatch(images, batch, outcomes);
    for (const [number, [kind, reason]] of [...outcomes].sort(([left], [right]) => left - right)) {
      report[kind]++;
      if (kind === "different") report.existing++;
      if (reason !== undefined) onLine(number, reason);
    }
    outcomes = new Map();
    batch = [];
    text = 0;
  };
  for await (const line of lines) {
    requireArguments(IMPORT, { lines: [line, aLine] });
    text += "text" in line.content ? line.content.text.length : 0;
    try {
      batch.push(imageOfLine(line, new Date(clock.now()), quotas));
    } catch (error) {
      if (!(error instanceof BadLineError)) throw error;
      outcomes.set(line.number, ["bad", error.message]);
    }
    if (batch.length + outcomes.size === MOST_LINES || text > MOST_TEXT) await flush();
  }
  await flush();
  return report;
}

/** All that are new in one go; one by one where that is refused, so that each is told by itself. */
async function addBatch(
  images: ImageRepository,
  batch: readonly LineImage[],
  outcomes: Map<number, Outcome>,
): Promise<void> {
  if (batch.length === 0) return;
  const ids = batch.map(({ image }) => image.id);
  const { records } = await images.list({ where: { id: { in: ids } }, limit: ids.length });
  const stored = new Map(records.map((image) => [image.id, image]));
  const fresh: LineImage[] = [];
  for (const line of batch) {
    const known = stored.get(line.image.id);
    if (known === undefined) fresh.push(line);
    else outcomes.set(line.number, compared(line, known));
  }
  try {
    await images.addAll(fresh.map(({ image }) => image));
    for (const { number } of fresh) outcomes.set(number, ["imported"]);
  } catch (error) {
    if (badnessOf(error) === undefined && !(error instanceof RecordExistsError)) throw error;
    for (const line of fresh) outcomes.set(line.number, await addOne(images, line));
  }
}

async function addOne(images: ImageRepository, line: LineImage): Promise<Outcome> {
  try {
    await images.add(line.image);
    return ["imported"];
  } catch (error) {
    const reason = badnessOf(error);
    if (reason !== undefined) return ["bad", reason];
    if (!(error instanceof RecordExistsError)) throw error;
    if (error.taken.some(({ isDeleted }) => isDeleted)) {
      return ["removed", "its image was removed, and is not brought back"];
    }
  }
  const stored = await images.find(line.image.id);
  return stored === undefined ? ["bad", "id: is taken"] : compared(line, stored);
}

function compared(line: LineImage, stored: Image): Outcome {
  const different = differences(line, stored);
  if (different.length === 0) return ["existing"];
  return ["different", `its image is there already, with other ${different.join(", ")}`];
}

/** What another line may succeed with: a caller imports its own images, and a server takes shorter ones. */
const REFUSALS: readonly DistinctionErrorCode[] = ["FORBIDDEN", "STATEMENT_TOO_LARGE"];

/** Why an image cannot be stored, whoever tries; nothing where the fault is not its own. */
function badnessOf(error: unknown): string | undefined {
  if (error instanceof InvalidValueError) return describeFaults(error);
  return error instanceof DistinctionError && REFUSALS.includes(error.code) ? error.message : undefined;
}
