import { expect } from "vitest";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import { newImage } from "./backends.js";
import type { Step } from "./interposed.js";

/** What a save of `edit` sends, in order. */
export const STEPS: readonly Step[] = ["BEGIN", "UPDATE", "DELETE", "INSERT", "COMMIT"];

/** A stored image that `edit` makes a BEGIN, an UPDATE, a DELETE, an INSERT and a COMMIT of. */
export async function stored(images: DistinctImageRepository): Promise<Image> {
  const image = newImage({
    name: "old",
    properties: [
      ["changed", "old"],
      ["removed", "old"],
    ],
  });
  await images.add(image);
  return image;
}

export function edit(image: Image): void {
  image.properties.set("changed", "new");
  image.properties.delete("removed");
}

export async function expectEdited(images: DistinctImageRepository, id: string): Promise<void> {
  const now = await images.get(id);
  expect([images.versionOf(now), Object.fromEntries(now.properties)]).toEqual([2, { changed: "new" }]);
}

export async function expectUnchanged(images: DistinctImageRepository, id: string): Promise<void> {
  const now = await images.get(id);
  expect([images.versionOf(now), Object.fromEntries(now.properties)]).toEqual([1, { changed: "old", removed: "old" }]);
}

export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([work]);
  if (outcome.status === "fulfilled") throw new Error("expected a failure");
  return outcome.reason;
}
