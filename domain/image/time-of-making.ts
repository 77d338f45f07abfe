import { ObjectMemory } from "../distinction/record/object-memory.js";
import { dateMilliseconds } from "../distinction/types/date-milliseconds.js";
import type { Image } from "./image-type.js";

const TIMES = ["createdAt", "updatedAt"] as const;

type Time = (typeof TIMES)[number];

/** When an image was made that is not stored yet, and the times that it was made with. */
interface Making extends Readonly<Record<Time, number>> {
  readonly at: number;
}

const makings = new ObjectMemory<Making>();

export function madeAt(image: Image, now: Date): Image {
  const [createdAt, updatedAt] = [image.createdAt.getTime(), image.updatedAt.getTime()];
  makings.set(image, { at: now.getTime(), createdAt, updatedAt });
  return image;
}

/**
 * Those of a new image's times that are neither of its making nor what its document told. What is no object has none, and
 * is refused elsewhere.
 */
export function forgedTimes(image: Image): Time[] {
  if (typeof image !== "object" || image === null) return [];
  const making = makings.get(image);
  const isMade = (name: Time): boolean => {
    const time = dateMilliseconds(image[name]);
    return time !== undefined && (time === making?.at || time === making?.[name]);
  };
  return TIMES.filter((name) => !isMade(name));
}

/** Gives a new image the time of its making, whatever a document told of another. */
export function startNow(image: Image): void {
  const making = makings.get(image);
  if (making === undefined) return;
  for (const name of TIMES) image[name] = new Date(making.at);
}
