import { compareStates } from "../distinction/list-order.js";
import { storeQuery } from "../distinction/list-query.js";
import { notFound } from "../distinction/record-errors.js";
import type { RecordState } from "../distinction/record-state.js";
import type { SaveOptions, SaveResult, WriteOptions } from "../distinction/save-options.js";
import type { Attributes } from "../distinction/record-type.js";
import { mayGet, type Caller } from "./caller.js";
import { completeSort, type ImageConditions, type ImagePage, type ImageQuery } from "./image-query.js";
import { ImageRepositoryProxy } from "./image-repository-proxy.js";
import type { ImageRepository } from "./image-repository.js";
import { imageType, type Image } from "./image-type.js";
import type { ImageMemberRepository } from "./member-repository.js";

/** Most ids in one condition. */
const MOST_IDS = 1_000;

/**
 * The images as one caller sees them: others are not there. Who may change what is seen is for a layer of the service's
 * own to say.
 */
export class VisibleImages extends ImageRepositoryProxy {
  constructor(
    inner: ImageRepository,
    private readonly members: ImageMemberRepository,
    private readonly caller: Caller,
  ) {
    super(inner);
  }

  override async get(id: string): Promise<Image> {
    return this.#seen(await this.inner.get(id));
  }

  override async find(id: string): Promise<Image | undefined> {
    const image = await this.inner.find(id);
    return image !== undefined && (await this.#mayGet(image)) ? image : undefined;
  }

  override async reload(image: Image): Promise<Image> {
    return this.#seen(await this.inner.reload(image));
  }

  override update(
    id: string,
    mutate: (image: Image) => void | Promise<void>,
    options?: SaveOptions,
  ): Promise<SaveResult> {
    return this.inner.update(id, async (image) => mutate(await this.#seen(image)), options);
  }

  override async setPropertyAtomic(id: string, name: string, value: string, options?: WriteOptions): Promise<void> {
    await this.get(id);
    return this.inner.setPropertyAtomic(id, name, value, options);
  }

  override async deletePropertyAtomic(
    id: string,
    name: string,
    expected: string,
    options?: WriteOptions,
  ): Promise<void> {
    await this.get(id);
    return this.inner.deletePropertyAtomic(id, name, expected, options);
  }

  /**
   * The caller's own images, public ones, and those whose sharing it accepted; community images where `visibility` is
   * asked for, hidden ones where `osHidden` is. Each kind is a list of its own that an index serves; they have no image
   * in common, and their heads are merged.
   */
  override async list(query: ImageQuery = {}): Promise<ImagePage> {
    const sort = completeSort(query.sort);
    const { limit } = storeQuery(imageType, { ...query, sort });
    const asked = conditionsOf(query);
    const isAskedFor = (name: "visibility" | "osHidden"): boolean => asked.some((one) => one[name] !== undefined);
    const conditions: readonly ImageConditions[] = isAskedFor("osHidden")
      ? asked
      : [...asked, { osHidden: { eq: false } }];
    const kinds: readonly ImageConditions[] = this.caller.isAdmin ? [{}] : await this.#kinds(isAskedFor("visibility"));
    const pages = await Promise.all(
      kinds.map((kind) => this.inner.list({ ...query, sort, where: [...conditions, kind] })),
    );
    const found = pages.flatMap(({ records }) => records.map((record) => ({ record, state: stateOf(record, sort) })));
    const order = sort.map(({ by, order }) => ({ attribute: by, descending: order === "desc" }));
    found.sort((left, right) => compareStates(imageType, left.state, right.state, order));
    const records = found.slice(0, limit).map(({ record }) => record);
    const more = found.length > limit || pages.some(({ next }) => next !== undefined);
    return { records, next: more ? records.at(-1)?.id : undefined };
  }

  /** What the caller sees in lists, as conditions of which no image meets two. */
  async #kinds(withCommunity: boolean): Promise<readonly ImageConditions[]> {
    const { owner } = this.caller;
    const others: ImageConditions = owner === null ? {} : { owner: { neq: owner } };
    const kinds: ImageConditions[] = [{ visibility: { eq: "public" }, ...others }];
    if (withCommunity) kinds.push({ visibility: { eq: "community" }, ...others });
    if (owner === null) return kinds;
    kinds.push({ owner: { eq: owner } });
    const shared = await this.members.imagesSharedWith(owner);
    for (let start = 0; start < shared.length; start += MOST_IDS) {
      const ids = shared.slice(start, start + MOST_IDS);
      kinds.push({ visibility: { eq: "shared" }, ...others, id: { in: ids } });
    }
    return kinds;
  }

  async #seen(image: Image): Promise<Image> {
    if (await this.#mayGet(image)) return image;
    throw notFound(imageType, [image.id]);
  }

  async #mayGet(image: Image): Promise<boolean> {
    const { owner } = this.caller;
    if (mayGet(this.caller, image, undefined)) return true;
    if (owner === null || image.visibility !== "shared") return false;
    return mayGet(this.caller, image, (await this.members.find(image.id, owner))?.status);
  }
}

function conditionsOf({ where = {} }: ImageQuery): readonly ImageConditions[] {
  return Array.isArray(where) ? (where as readonly ImageConditions[]) : [where as ImageConditions];
}

/** As much of an image's state as an order looks at. */
function stateOf(image: Image, sort: NonNullable<ImageQuery["sort"]>): RecordState {
  const types: Attributes = imageType.attributes;
  const attributes = sort.map(({ by }) => [by, types[by]!.capture(image[by])] as const);
  return { version: 0, attributes: Object.fromEntries(attributes), collections: {} };
}
