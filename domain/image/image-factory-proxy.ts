import type { ImageFactory } from "./image-factory.js";
import type { Image, NewImage } from "./image-type.js";

/** Passes everything to the factory inside. Layers extend it and override what they care about. */
export class ImageFactoryProxy implements ImageFactory {
  constructor(protected readonly inner: ImageFactory) {}

  newImage(values?: NewImage): Image {
    return this.inner.newImage(values);
  }
}
