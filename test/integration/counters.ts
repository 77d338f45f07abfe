import type { Image } from "../../domain/image/image-type.js";

/** A number in an image that one writer alone raises: whoever loses one of its updates shows for good. */
interface Counter {
  read(image: Image): number;
  write(image: Image, value: number): void;
}

/** One counter for each of four writers: two attributes and two properties. */
export const COUNTERS: readonly Counter[] = [
  attribute("minDisk"),
  attribute("minRam"),
  property("third"),
  property("fourth"),
];

export function increment(image: Image, writer: number): void {
  const counter = COUNTERS[writer]!;
  counter.write(image, counter.read(image) + 1);
}

function attribute(name: "minDisk" | "minRam"): Counter {
  return {
    read: (image) => image[name],
    write: (image, value) => {
      image[name] = value;
    },
  };
}

function property(name: string): Counter {
  return {
    read: (image) => Number(image.properties.get(name) ?? 0),
    write: (image, value) => {
      image.properties.set(name, String(value));
    },
  };
}
