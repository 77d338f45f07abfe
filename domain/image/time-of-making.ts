import { ObjectMemory } from "../distinction/record/object-memory.js";
import type { Image } from "./image-type.js";

/** When images were made that are not stored yet: their times are no caller's to set. */
const times = new ObjectMemory<number>();

export function madeAt(image: Image, now: Date): Image {
  times.set(image, now.getTime());
  return image;
}

/** Those of a new image's times that are not as they were made. What is no object has none, and is refused elsewhere. */
export function forgedTimes(image: Image): ("createdAt" | "updatedAt")[] {
  if (typeof image !== "object" || image === null) return [];
  const time = times.get(image);
  return (["createdAt", "updatedAt"] as const).filter(
    (name) => !(image[name] instanceof Date) || image[name].getTime() !== time,
  );
}
