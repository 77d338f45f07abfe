import type { ChangeSet } from "../distinction/diff/change-set.js";
import type { Explanation } from "../distinction/save/explanation.js";
import type { EntryScope } from "../distinction/record/record-state.js";
import type {
  SaveOptions,
  SaveResult,
  RemoveOptions,
  WaitOptions,
  WriteOptions,
} from "../distinction/save/save-options.js";
import { unitMisused } from "../distinction/unit/unit-errors.js";
import type { UnitBinding } from "../distinction/unit/unit-of-work.js";
import { ImageProxy } from "./image-proxy.js";
import type { ImagePage, ImageQuery } from "./image-query.js";
import type { ImageRepository } from "./image-repository.js";
import type { Image } from "./image-type.js";

/** Passes everything to the repository inside, what that refuses included. Layers extend it and override what they care about. */
export class ImageRepositoryProxy implements ImageRepository {
  /** @param wrap puts the layer's own proxy around every image that is given out; none by default */
  constructor(
    protected readonly inner: ImageRepository,
    private readonly wrap?: (image: Image) => ImageProxy,
  ) {}

  async get(id: string, scope?: EntryScope, options?: WaitOptions): Promise<Image> {
    return this.given(await this.inner.get(id, scope, options));
  }

  async find(id: string, scope?: EntryScope, options?: WaitOptions): Promise<Image | undefined> {
    const image = await this.inner.find(id, scope, options);
    return image && this.given(image);
  }

  async list(query?: ImageQuery, options?: WaitOptions): Promise<ImagePage> {
    const { records, next } = await this.inner.list(query, options);
    return { records: records.map((image) => this.given(image)), next };
  }

  add(image: Image, options?: WriteOptions): Promise<void> {
    return this.inner.add(this.taken(image), options);
  }

  addAll(images: readonly Image[], options?: WriteOptions): Promise<void> {
    return this.inner.addAll(Array.isArray(images) ? images.map((image: Image) => this.taken(image)) : images, options);
  }

  save(image: Image, options?: SaveOptions): Promise<SaveResult> {
    return this.inner.save(this.taken(image), options);
  }

  update(id: string, mutate: (image: Image) => void | Promise<void>, options?: SaveOptions): Promise<SaveResult> {
    const given = typeof mutate === "function" ? (image: Image) => mutate(this.given(image)) : mutate;
    return this.inner.update(id, given, options);
  }

  remove(image: Image, options?: RemoveOptions): Promise<void> {
    return this.inner.remove(this.taken(image), options);
  }

  async reload(image: Image, options?: WaitOptions): Promise<Image> {
    return this.given(await this.inner.reload(this.taken(image), options));
  }

  changes(image: Image): ChangeSet {
    return this.inner.changes(this.taken(image));
  }

  explain(image: Image, options?: SaveOptions): Promise<Explanation> {
    return this.inner.explain(this.taken(image), options);
  }

  setPropertyAtomic(id: string, name: string, value: string, options?: WriteOptions): Promise<void> {
    return this.inner.setPropertyAtomic(id, name, value, options);
  }

  deletePropertyAtomic(id: string, name: string, expected: string, options?: WriteOptions): Promise<void> {
    return this.inner.deletePropertyAtomic(id, name, expected, options);
  }

  /**
   * Override it to wrap `this.inner.inUnit(unit)` as this wraps `this.inner`.
   *
   * @throws DistinctionError `UNIT_MISUSED` in a layer that does not: leaving the layer out in silence would be worse
   */
  inUnit(unit: UnitBinding): ImageRepository {
    if (this.constructor === ImageRepositoryProxy) return new ImageRepositoryProxy(this.inner.inUnit(unit), this.wrap);
    throw unitMisused(`${this.constructor.name} does not say what it is inside one: override inUnit`);
  }

  /** An image of the repository inside as this layer gives it out. */
  protected given(image: Image): Image {
    return this.wrap === undefined ? image : this.wrap(image);
  }

  /** An image as the repository inside knows it. */
  protected taken(image: Image): Image {
    return this.wrap !== undefined && image instanceof ImageProxy ? ImageProxy.within(image) : image;
  }
}
