import type { ChangeSet } from "../distinction/change-set.js";
import type { SaveOptions, SaveResult } from "../distinction/save-options.js";
import type { UnitBinding } from "../distinction/unit-of-work.js";
import { unitMisused } from "../distinction/unit-errors.js";
import type { ImageRepository } from "./image-repository.js";
import type { Image } from "./image-type.js";

/** Passes everything to the repository inside. Layers extend it and override what they care about. */
export class ImageRepositoryProxy implements ImageRepository {
  constructor(protected readonly inner: ImageRepository) {}

  get(id: string): Promise<Image> {
    return this.inner.get(id);
  }

  find(id: string): Promise<Image | undefined> {
    return this.inner.find(id);
  }

  add(image: Image): Promise<void> {
    return this.inner.add(image);
  }

  save(image: Image, options?: SaveOptions): Promise<SaveResult> {
    return this.inner.save(image, options);
  }

  update(id: string, mutate: (image: Image) => void | Promise<void>, options?: SaveOptions): Promise<SaveResult> {
    return this.inner.update(id, mutate, options);
  }

  remove(image: Image): Promise<void> {
    return this.inner.remove(image);
  }

  reload(image: Image): Promise<Image> {
    return this.inner.reload(image);
  }

  changes(image: Image): ChangeSet {
    return this.inner.changes(image);
  }

  /**
   * Override it to wrap `this.inner.inUnit(unit)` as this wraps `this.inner`.
   *
   * @throws DistinctionError `UNIT_MISUSED` in a layer that does not: leaving the layer out in silence would be worse
   */
  inUnit(unit: UnitBinding): ImageRepository {
    if (this.constructor === ImageRepositoryProxy) return new ImageRepositoryProxy(this.inner.inUnit(unit));
    throw unitMisused(`${this.constructor.name} does not say what it is inside one: override inUnit`);
  }
}
