import { DistinctRepository } from "../distinction/distinct-repository.js";
import { entryPath } from "../distinction/diff/change-set.js";
import { InvalidValueError } from "../distinction/errors.js";
import { storeQuery } from "../distinction/list-query.js";
import type { RecordStore } from "../distinction/record-store.js";
import { actingFor, type RepositoryEnvironment } from "../distinction/repository-environment.js";
import type { WaitOptions, WriteOptions } from "../distinction/save/save-options.js";
import type { UnitBinding } from "../distinction/unit/unit-of-work.js";
import { dropProperty, putProperty, requirePropertyTexts } from "./atomic-property.js";
import { mayChange, type Caller } from "./caller.js";
import { CallersImageStore } from "./callers-image-store.js";
import { callersImageType } from "./callers-image-type.js";
import { forbidden, OWNER_ALONE } from "./forbidden.js";
import { completeSort, type ImagePage, type ImageQuery } from "./image-query.js";
import type { ImageQuotas } from "./image-quotas.js";
import type { ImageRepository } from "./image-repository.js";
import { imageType, type Image, type ImagePolicies } from "./image-type.js";
import type { MemberStore } from "./member-store.js";
import { isServiceProperty, SERVICES_ALONE } from "./property-name.js";
import { forgedTimes, startNow } from "./time-of-making.js";

/** The stores of images and of those whom they are shared with. */
export interface ImageStores {
  readonly images: RecordStore;
  readonly members: MemberStore;
}

/**
 * The distinction layer over what one caller sees: see `CallersImageStore` for what is there, `callersImageType` for what
 * may change. It knows the objects that it gave out itself, and no other's.
 */
export class CallersImageRepository extends DistinctRepository<typeof imageType> implements ImageRepository {
  readonly #store: RecordStore;
  readonly #inUnit: (unit: UnitBinding) => CallersImageRepository;
  /** Before anything of the image decides: what another's image has is no caller's to find out by a refusal. */
  readonly #requireOwn: (image: Image) => void;

  constructor(
    { images, members }: ImageStores,
    caller: Caller,
    environment: RepositoryEnvironment,
    quotas: Partial<ImageQuotas> = {},
    policies: ImagePolicies = {},
  ) {
    const store = new CallersImageStore(images, members.records, caller);
    super(callersImageType(caller, quotas, policies), store, environment);
    this.#store = store;
    this.#requireOwn = (image) => {
      if (!mayChange(caller, image)) throw forbidden(image.id, OWNER_ALONE);
    };
    this.#inUnit = (unit) => {
      const stores = { images: unit.store(images), members: members.inUnit(unit) };
      return new CallersImageRepository(stores, caller, actingFor(unit, environment), quotas, policies);
    };
  }

  override async add(image: Image, options?: WriteOptions): Promise<void> {
    refuseForged(image);
    startNow(image);
    return super.add(image, options);
  }

  override async addAll(images: readonly Image[], options?: WriteOptions): Promise<void> {
    if (Array.isArray(images)) {
      refuseAnyForged(images);
      images.forEach(startNow);
    }
    return super.addAll(images, options);
  }

  override async list(query: ImageQuery = {}, options?: WaitOptions): Promise<ImagePage> {
    storeQuery(this.type, query); // refused as it was given, rather than with what is added to it
    return super.list({ ...query, sort: completeSort(query.sort) }, options);
  }

  /** Those of `ids` whose images the caller sees, in their order. */
  async seenAmong(ids: readonly string[]): Promise<readonly string[]> {
    const seen: string[] = [];
    for (let start = 0; start < ids.length; start += MOST_LOOKED_AT) {
      const some = ids.slice(start, start + MOST_LOOKED_AT);
      const states = await this.#store.load(some.map((id) => [id]), ATTRIBUTES); // prettier-ignore
      seen.push(...some.filter((_, index) => states[index] !== undefined));
    }
    return seen;
  }

  async setPropertyAtomic(id: string, name: string, value: string, options?: WriteOptions): Promise<void> {
    requirePropertyTexts(id, name, value);
    refuseServices(id, name);
    await putProperty(this, id, name, value, options, this.#requireOwn);
  }

  async deletePropertyAtomic(id: string, name: string, expected: string, options?: WriteOptions): Promise<void> {
    requirePropertyTexts(id, name, expected);
    refuseServices(id, name);
    await dropProperty(this, id, name, expected, options, this.#requireOwn);
  }

  override inUnit(unit: UnitBinding): CallersImageRepository {
    return this.#inUnit(unit);
  }
}

/** Nothing but an image's own attributes. */
export const ATTRIBUTES = { properties: [], tags: [], locations: [] } as const;

/** Most images that are looked at in one go. */
const MOST_LOOKED_AT = 1_000;

/** A new image's times are those that its factory gave it: what a catalogue tells of others is the service's to keep. */
function refuseForged(image: Image): void {
  const faults = forgedTimes(image).map((path) => ({ path, reason: READ_ONLY }));
  if (faults.length > 0) throw new InvalidValueError(imageType.name, faults, image.id);
}

function refuseAnyForged(images: readonly Image[]): void {
  const faults = images.flatMap((image, index) =>
    forgedTimes(image).map((name) => ({ path: `[${index}].${name}`, reason: READ_ONLY, id: image.id })),
  );
  if (faults.length > 0) throw new InvalidValueError(imageType.name, faults);
}

const READ_ONLY = "is read-only";

function refuseServices(id: string, name: string): void {
  if (!isServiceProperty(name)) return;
  const faults = [{ path: entryPath("properties", name), reason: SERVICES_ALONE }];
  throw new InvalidValueError(imageType.name, faults, id);
}
