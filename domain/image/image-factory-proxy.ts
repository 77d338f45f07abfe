import type { ImageFactory } from "./image-factory.js";
import type { ImageProxy } from "./image-proxy.js";
import type { Image, NewImage } from "./image-type.js";

/** Passes everything to the factory inside. Layers extend it and override what they care about. */
export class ImageFactoryProxy implements ImageFactory {
  /** @param wrap puts the layer's own proxy around every new image, as its repository takes it off; none by default */
  constructor(
    protected readonly inner: ImageFactory,
    private readonly wrap?: (image: Image) => ImageProxy,
  ) {}

  newImage(values?: NewImage): Image {
    const image = this.inner.newImage(values);
    return this.wrap === undefined ? image : this.wrap(image);
  }
}
