import { expect } from "vitest";
import { ConflictError } from "../../domain/distinction/errors.js";
import type { Photo } from "./photo.js";

/** An error with this code. */
export const code = (name: string): object => expect.objectContaining({ code: name }) as object;

/** What a caller sees of a photo, as plain values. */
export function seen(photo: Photo): object {
  const { properties, locations, ratings, tags, frames, ...attributes } = photo;
  return structuredClone({
    ...attributes,
    properties: new Map(properties),
    locations: new Map(locations),
    ratings: new Map(ratings),
    tags: new Set(tags),
    frames: [...frames],
  });
}

/** The conflict that `work` ends in. */
export async function conflictOf(work: Promise<unknown>): Promise<ConflictError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConflictError);
  return error as ConflictError;
}
