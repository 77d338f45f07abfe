import { InvalidValueError } from "../../../domain/distinction/errors.js";
import { jsonLoss } from "../../../domain/distinction/json/json-losses.js";
import { jsonTokens } from "../../../domain/distinction/json/json-tokens.js";
import { sameJson } from "../../../domain/distinction/json/json-value.js";
import { imageFromDocument, imageToDocument, isObject } from "../../../domain/image/image-document.js";
import type { ImageQuotas } from "../../../domain/image/image-quotas.js";
import type { Image } from "../../../domain/image/image-type.js";

/** One line of a catalogue: its text, or why it has none. */
export interface CatalogueLine {
  /** From 1. */
  readonly number: number;
  readonly content: { readonly text: string } | { readonly fault: string };
}

/** The image that a line describes, not stored yet. */
export interface LineImage {
  readonly number: number;
  readonly image: Image;
  /** What the line tells of it; the rest is as for any new image. */
  readonly given: readonly string[];
}

/** A line that is no image. */
export class BadLineError extends Error {}

/**
 * Most strings, numbers and marks of a line: looking at more would take longer than people wait. An image at its default
 * quotas has fewer: of 10 locations with 65,535 bytes of metadata each, and of 128 properties and tags.
 */
const MOST_TOKENS = 1_000_000;

const TIMES: ReadonlySet<string> = new Set(["createdAt", "updatedAt"]);

/** Most faults of a line that are told, and most characters of each. */
const MOST_FAULTS = 5;
const LONGEST_FAULT = 300;

/**
 * @param now the time of creation of images that tell none
 * @throws BadLineError
 */
export function imageOfLine({ number, content }: CatalogueLine, now: Date, quotas: Partial<ImageQuotas>): LineImage {
  if ("fault" in content) throw new BadLineError(content.fault);
  if (hasTooManyTokens(content.text)) throw new BadLineError(`more than ${MOST_TOKENS} JSON tokens`);
  const document = parsed(content.text);
  if (!isObject(document)) throw new BadLineError("an object with an image is needed");
  try {
    const image = imageFromDocument(document, now, quotas);
    const loss = jsonLoss(content.text);
    if (loss !== undefined) throw new BadLineError(loss);
    return { number, image, given: Object.keys(document) };
  } catch (error) {
    throw error instanceof InvalidValueError ? new BadLineError(describeFaults(error)) : error;
  }
}

/** The members of an image that are stored otherwise than its line tells; its times are not looked at. */
export function differences({ image, given }: LineImage, stored: Image): readonly string[] {
  const [mine, theirs] = [imageToDocument(image), imageToDocument(stored)];
  return given.filter((name) => !TIMES.has(name) && !sameJson(mine[name], theirs[name]));
}

export function describeFaults({ faults }: InvalidValueError): string {
  const told = faults.slice(0, MOST_FAULTS).map(({ path, reason }) => `${path}: ${reason}`.slice(0, LONGEST_FAULT));
  return told.join("; ") + (faults.length > MOST_FAULTS ? `; and ${faults.length - MOST_FAULTS} more` : "");
}

function hasTooManyTokens(text: string): boolean {
  let count = 0;
  for (const _ of jsonTokens(text)) if (++count > MOST_TOKENS) return true;
  return false;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new BadLineError(`no JSON${placeOf(error as Error)}`);
  }
}

/** Without the parser's own words, which quote the text. */
function placeOf({ message }: Error): string {
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  if (position !== undefined) return `, from character ${Number(position) + 1} on`;
  return message.startsWith("Unexpected end") ? ", it ends too early" : "";
}
