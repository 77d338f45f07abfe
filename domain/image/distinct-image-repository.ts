import { actingFor } from "../distinction/repository-environment.js";
import { DistinctRepository } from "../distinction/distinct-repository.js";
import { storeQuery } from "../distinction/list-query.js";
import type { RecordStore } from "../distinction/record-store.js";
import type { RepositoryEnvironment } from "../distinction/repository-environment.js";
import type { UpdateOptions, WaitOptions, WriteOptions } from "../distinction/save/save-options.js";
import type { UnitBinding } from "../distinction/unit/unit-of-work.js";
import { dropProperty, putProperty, requirePropertyTexts } from "./atomic-property.js";
import { completeSort, type ImagePage, type ImageQuery } from "./image-query.js";
import type { ImageQuotas } from "./image-quotas.js";
import type { ImageRepository } from "./image-repository.js";
import { imageType, imageTypeWith, type ImagePolicies } from "./image-type.js";
import { isServiceProperty } from "./property-name.js";

/** The distinction layer over the images' store: the innermost of all image repositories. */
export class DistinctImageRepository extends DistinctRepository<typeof imageType> implements ImageRepository {
  /** For single properties of which no rule asks: those that services keep for themselves, and those that go. */
  readonly #services: DistinctRepository<typeof imageType>;
  readonly #inUnit: (unit: UnitBinding) => DistinctImageRepository;

  constructor(
    store: RecordStore,
    environment: RepositoryEnvironment,
    quotas: Partial<ImageQuotas> = {},
    policies: ImagePolicies = {},
  ) {
    super(imageTypeWith(quotas, policies), store, environment);
    this.#services = new DistinctRepository({ ...imageType, validate: undefined }, store, environment);
    this.#inUnit = (unit) =>
      new DistinctImageRepository(unit.store(store), actingFor(unit, environment), quotas, policies);
  }

  override async list(query: ImageQuery = {}, options?: WaitOptions): Promise<ImagePage> {
    storeQuery(this.type, query); // refused as it was given, rather than with what is added to it
    return super.list({ ...query, sort: completeSort(query.sort) }, options);
  }

  async setPropertyAtomic(id: string, name: string, value: string, options?: WriteOptions): Promise<void> {
    requirePropertyTexts(id, name, value);
    if (isServiceProperty(name)) await putProperty(this.#services, id, name, value, withProperty(name, options));
    else await putProperty(this, id, name, value, withAllProperties(options));
  }

  async deletePropertyAtomic(id: string, name: string, expected: string, options?: WriteOptions): Promise<void> {
    requirePropertyTexts(id, name, expected);
    await dropProperty(this.#services, id, name, expected, withProperty(name, options));
  }

  override inUnit(unit: UnitBinding): DistinctImageRepository {
    return this.#inUnit(unit);
  }
}

/** The quota counts them. */
function withAllProperties(options?: WriteOptions): UpdateOptions {
  return { ...options, scope: { tags: [], locations: [] } };
}

/** Of the image this one property, and nothing else of its collections. */
function withProperty(name: string, options?: WriteOptions): UpdateOptions {
  return { ...options, scope: { properties: [name], tags: [], locations: [] } };
}
