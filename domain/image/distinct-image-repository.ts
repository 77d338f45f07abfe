import { entryPath } from "../distinction/change-set.js";
import { actingFor } from "../distinction/repository-environment.js";
import { DistinctRepository } from "../distinction/distinct-repository.js";
import { ConflictError } from "../distinction/errors.js";
import { storeQuery } from "../distinction/list-query.js";
import type { RecordStore } from "../distinction/record-store.js";
import type { RepositoryEnvironment } from "../distinction/repository-environment.js";
import type { WriteOptions } from "../distinction/save-options.js";
import type { UnitBinding } from "../distinction/unit-of-work.js";
import { completeSort, type ImagePage, type ImageQuery } from "./image-query.js";
import type { ImageQuotas } from "./image-quotas.js";
import type { ImageRepository } from "./image-repository.js";
import { imageType, imageTypeWith, type Image } from "./image-type.js";

/** The distinction layer over the images' store: the innermost of all image repositories. */
export class DistinctImageRepository extends DistinctRepository<typeof imageType> implements ImageRepository {
  /** For properties that are no caller's: neither quotas nor reserved names are theirs. */
  readonly #services: DistinctRepository<typeof imageType>;
  readonly #inUnit: (unit: UnitBinding) => DistinctImageRepository;

  constructor(store: RecordStore, environment: RepositoryEnvironment, quotas: Partial<ImageQuotas> = {}) {
    super(imageTypeWith(quotas), store, environment);
    this.#services = new DistinctRepository({ ...imageType, validate: undefined }, store, environment);
    this.#inUnit = (unit) => new DistinctImageRepository(unit.store(store), actingFor(unit, environment), quotas);
  }

  override async list(query: ImageQuery = {}): Promise<ImagePage> {
    storeQuery(this.type, query); // refused as it was given, rather than with what is added to it
    return super.list({ ...query, sort: completeSort(query.sort) });
  }

  async setPropertyAtomic(id: string, name: string, value: string, options?: WriteOptions): Promise<void> {
    const image = await this.#withProperty(id, name);
    const found = image.properties.get(name);
    if (found !== undefined) throw this.#refused(image, name, { original: undefined, mine: value, theirs: found });
    image.properties.set(name, value);
    await this.#saveProperty(image, options);
  }

  async deletePropertyAtomic(id: string, name: string, expected: string, options?: WriteOptions): Promise<void> {
    const image = await this.#withProperty(id, name);
    const found = image.properties.get(name);
    if (found !== expected) throw this.#refused(image, name, { original: expected, mine: undefined, theirs: found });
    image.properties.delete(name);
    await this.#saveProperty(image, options);
  }

  override inUnit(unit: UnitBinding): DistinctImageRepository {
    return this.#inUnit(unit);
  }

  /** The image with this one property, and nothing else of its collections. */
  #withProperty(id: string, name: string): Promise<Image> {
    return this.#services.get(id, { properties: [name], tags: [], locations: [] });
  }

  /** The property was looked at: not even the same value may come from somebody else. */
  async #saveProperty(image: Image, options?: WriteOptions): Promise<void> {
    await this.#services.save(image, { ...options, expect: ["properties"] });
  }

  #refused(
    image: Image,
    name: string,
    sides: { readonly original: unknown; readonly mine: unknown; readonly theirs: unknown },
  ): ConflictError {
    const version = this.#services.versionOf(image);
    return new ConflictError({
      record: imageType.name,
      id: image.id,
      baseVersion: version,
      currentVersion: version,
      attempts: 0,
      overlaps: [{ path: entryPath("properties", name), policy: "guard", ...sides }],
    });
  }
}
