import { notFound } from "../distinction/record-errors.js";
import type { RepositoryEnvironment } from "../distinction/repository-environment.js";
import { actingFor } from "../distinction/repository-environment.js";
import type { SaveOptions, SaveResult } from "../distinction/save/save-options.js";
import type { UnitBinding } from "../distinction/unit/unit-of-work.js";
import { mayChange, type Caller } from "./caller.js";
import { ATTRIBUTES, CallersImageRepository, type ImageStores } from "./callers-image-repository.js";
import { DistinctMemberRepository } from "./distinct-member-repository.js";
import { forbidden } from "./forbidden.js";
import type { ImageQuotas } from "./image-quotas.js";
import type { Image } from "./image-type.js";
import type { ImageMemberRepository } from "./member-repository.js";
import { memberType, type ImageMember, type MemberStatus } from "./member-type.js";

/**
 * The members of images as one caller has them. The owner of an image sees all of its members, and says who they are; a
 * member sees itself alone, and itself alone says whether it accepts. Others find nobody.
 */
export class CallersMemberRepository implements ImageMemberRepository {
  readonly #images: CallersImageRepository;
  readonly #members: DistinctMemberRepository;
  readonly #inUnit: (unit: UnitBinding) => CallersMemberRepository;

  constructor(
    stores: ImageStores,
    private readonly caller: Caller,
    environment: RepositoryEnvironment,
    quotas: Partial<ImageQuotas> = {},
  ) {
    const admission = caller.isAdmin ? {} : { owner: caller.owner };
    this.#images = new CallersImageRepository(stores, caller, environment, quotas);
    this.#members = new DistinctMemberRepository(stores.members, environment, quotas.members, admission);
    this.#inUnit = (unit) => {
      const inside = { images: unit.store(stores.images), members: stores.members.inUnit(unit) };
      return new CallersMemberRepository(inside, caller, actingFor(unit, environment), quotas);
    };
  }

  async get(imageId: string, memberId: string): Promise<ImageMember> {
    const member = await this.find(imageId, memberId);
    if (member === undefined) throw notFound(memberType, [imageId, memberId]);
    return member;
  }

  async find(imageId: string, memberId: string): Promise<ImageMember | undefined> {
    const image = await this.#images.find(imageId, ATTRIBUTES);
    const isSeen = image !== undefined && (mayChange(this.caller, image) || memberId === this.caller.owner);
    return isSeen ? this.#members.find(imageId, memberId) : undefined;
  }

  async list(imageId: string): Promise<readonly ImageMember[]> {
    const { owner } = this.caller;
    if (mayChange(this.caller, await this.#image(imageId))) return this.#members.list(imageId);
    const own = owner === null ? undefined : await this.#members.find(imageId, owner);
    return own === undefined ? [] : [own];
  }

  async add(imageId: string, memberId: string): Promise<ImageMember> {
    await this.#ownImage(imageId);
    return this.#members.add(imageId, memberId);
  }

  async save(member: ImageMember, options?: SaveOptions): Promise<SaveResult> {
    const { imageId, memberId } = this.#members.originalOf(member);
    await this.#image(imageId);
    if (!this.caller.isAdmin && memberId !== this.caller.owner) {
      throw forbidden(imageId, "a member alone says whether it accepts");
    }
    return this.#members.save(member, options);
  }

  async remove(member: ImageMember): Promise<void> {
    await this.#ownImage(this.#members.originalOf(member).imageId);
    return this.#members.remove(member);
  }

  async imagesSharedWith(memberId: string, status?: MemberStatus): Promise<readonly string[]> {
    const isOwn = this.caller.isAdmin || memberId === this.caller.owner;
    return isOwn ? this.#images.seenAmong(await this.#members.imagesSharedWith(memberId, status)) : [];
  }

  inUnit(unit: UnitBinding): CallersMemberRepository {
    return this.#inUnit(unit);
  }

  /** @throws DistinctionError `RECORD_NOT_FOUND` where the caller does not see it */
  #image(imageId: string): Promise<Image> {
    return this.#images.get(imageId, ATTRIBUTES);
  }

  async #ownImage(imageId: string): Promise<void> {
    if (mayChange(this.caller, await this.#image(imageId))) return;
    throw forbidden(imageId, "its owner alone says whom it is shared with");
  }
}
