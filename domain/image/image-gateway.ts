import { anObject, aPlainObject, requireOptions, rule, type Rules } from "../distinction/arguments.js";
import type { RepositoryEnvironment } from "../distinction/repository-environment.js";
import { checkedCaller, type Caller } from "./caller.js";
import { CallersImageRepository, type ImageStores } from "./callers-image-repository.js";
import { CallersMemberRepository } from "./callers-member-repository.js";
import { DistinctImageRepository } from "./distinct-image-repository.js";
import { DistinctMemberRepository } from "./distinct-member-repository.js";
import { DistinctImageFactory, type ImageFactory } from "./image-factory.js";
import { imageQuotas, type ImageQuotas } from "./image-quotas.js";
import type { ImageRepository } from "./image-repository.js";
import type { ImagePolicies } from "./image-type.js";
import type { ImageMemberRepository } from "./member-repository.js";

/** One layer of a service's own (notifications, policy): what it puts around what is inside. */
export interface ImageLayer {
  readonly factory?: (inner: ImageFactory) => ImageFactory;
  readonly images?: (inner: ImageRepository) => ImageRepository;
  readonly members?: (inner: ImageMemberRepository) => ImageMemberRepository;
}

export interface ImageGatewayOptions {
  /** The innermost first: the last one is what callers meet. */
  readonly layers?: readonly ImageLayer[];
  readonly quotas?: Partial<ImageQuotas>;
  /** What an overlap of two writers does: `{ properties: "mine" }` lets the last writer of a property win. */
  readonly policies?: ImagePolicies;
}

const LAYER = ["factory", "images", "members"] as const;

/** A misspelt member would be no layer, in silence. */
const someLayers = rule("an array of layers: objects with a function factory, images or members", (layers) => {
  return Array.isArray(layers) && layers.every(isLayer);
});

function isLayer(given: unknown): boolean {
  if (anObject(given) !== undefined) return false;
  const members = LAYER.map((name) => (given as ImageLayer)[name]).filter((member) => member !== undefined);
  return members.length > 0 && members.every((member) => typeof member === "function");
}

const OPTIONS: Rules<keyof ImageGatewayOptions> = {
  layers: someLayers,
  quotas: aPlainObject,
  policies: aPlainObject,
};

/**
 * Composes what callers meet: the distinction layer directly on the stores, and around it the layers in their order. It
 * takes stores and no repositories, so that nothing can come between.
 */
export class ImageGateway {
  readonly factory: ImageFactory;
  /** All images, for the service itself. */
  readonly images: ImageRepository;
  readonly members: ImageMemberRepository;
  readonly #layers: readonly ImageLayer[];
  readonly #quotas: Partial<ImageQuotas>;
  readonly #policies: ImagePolicies;

  /**
   * @param newId makes a UUID
   * @throws InvalidValueError where an option is none, or misspelt
   * @throws DistinctionError `INVALID_RECORD_TYPE` where a policy could never combine what it is for
   */
  constructor(
    private readonly stores: ImageStores,
    private readonly environment: RepositoryEnvironment & { readonly newId: () => string },
    options: ImageGatewayOptions = {},
  ) {
    requireOptions("images", OPTIONS, options);
    const { layers = [], policies = {} } = options;
    const quotas = imageQuotas(options.quotas);
    this.#layers = layers;
    this.#quotas = quotas;
    this.#policies = policies;
    const factory: ImageFactory = new DistinctImageFactory(environment.clock, environment.newId);
    this.factory = layers.reduce((inner, layer) => layer.factory?.(inner) ?? inner, factory);
    this.images = this.#aroundImages(new DistinctImageRepository(stores.images, environment, quotas, policies));
    this.members = this.#aroundMembers(new DistinctMemberRepository(stores.members, environment, quotas.members));
  }

  /**
   * The images as one caller sees them and may change them, with the same layers around. Objects belong to the repository
   * that gave them out: keep it for as long as a request takes.
   *
   * @throws InvalidValueError where it is not clear who the caller is
   */
  visibleTo(caller: Caller): ImageRepository {
    const [seer, quotas, policies] = [checkedCaller(caller), this.#quotas, this.#policies];
    return this.#aroundImages(new CallersImageRepository(this.stores, seer, this.environment, quotas, policies));
  }

  /** Whom images are shared with, as one caller sees it and may say. Throws as `visibleTo` does. */
  membersVisibleTo(caller: Caller): ImageMemberRepository {
    const { stores, environment } = this;
    return this.#aroundMembers(new CallersMemberRepository(stores, checkedCaller(caller), environment, this.#quotas));
  }

  #aroundImages(innermost: ImageRepository): ImageRepository {
    return this.#layers.reduce((inner, layer) => layer.images?.(inner) ?? inner, innermost);
  }

  #aroundMembers(innermost: ImageMemberRepository): ImageMemberRepository {
    return this.#layers.reduce((inner, layer) => layer.members?.(inner) ?? inner, innermost);
  }
}
