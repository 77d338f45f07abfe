import type { RecordStore } from "../distinction/record-store.js";
import type { RepositoryEnvironment } from "../distinction/repository-environment.js";
import type { Caller } from "./caller.js";
import { DistinctImageRepository } from "./distinct-image-repository.js";
import { DistinctMemberRepository } from "./distinct-member-repository.js";
import { DistinctImageFactory, type ImageFactory } from "./image-factory.js";
import type { ImageQuotas } from "./image-quotas.js";
import type { ImageRepository } from "./image-repository.js";
import type { ImageMemberRepository } from "./member-repository.js";
import type { MemberStore } from "./member-store.js";
import { VisibleImages } from "./visible-images.js";

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
}

/**
 * Composes what callers meet: the distinction layer directly on the stores, and around it the layers in their order. It
 * takes stores and no repositories, so that nothing can come between.
 */
export class ImageGateway {
  readonly factory: ImageFactory;
  readonly images: ImageRepository;
  readonly members: ImageMemberRepository;

  /** @param newId makes a UUID */
  constructor(
    stores: { readonly images: RecordStore; readonly members: MemberStore },
    environment: RepositoryEnvironment & { readonly newId: () => string },
    { layers = [], quotas = {} }: ImageGatewayOptions = {},
  ) {
    let factory: ImageFactory = new DistinctImageFactory(environment.clock, environment.newId);
    let images: ImageRepository = new DistinctImageRepository(stores.images, environment, quotas);
    let members: ImageMemberRepository = new DistinctMemberRepository(stores.members, environment, quotas.members);
    for (const layer of layers) {
      factory = layer.factory?.(factory) ?? factory;
      images = layer.images?.(images) ?? images;
      members = layer.members?.(members) ?? members;
    }
    this.factory = factory;
    this.images = images;
    this.members = members;
  }

  /** The images as `caller` sees them, outside all layers. */
  visibleTo(caller: Caller): ImageRepository {
    return new VisibleImages(this.images, this.members, caller);
  }
}
