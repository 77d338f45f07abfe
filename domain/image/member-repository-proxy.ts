import type { SaveOptions, SaveResult } from "../distinction/save/save-options.js";
import { unitMisused } from "../distinction/unit/unit-errors.js";
import type { UnitBinding } from "../distinction/unit/unit-of-work.js";
import type { ImageMemberRepository } from "./member-repository.js";
import type { ImageMember, MemberStatus } from "./member-type.js";

/** Passes everything to the repository inside. Layers extend it and override what they care about. */
export class ImageMemberRepositoryProxy implements ImageMemberRepository {
  constructor(protected readonly inner: ImageMemberRepository) {}

  get(imageId: string, memberId: string): Promise<ImageMember> {
    return this.inner.get(imageId, memberId);
  }

  find(imageId: string, memberId: string): Promise<ImageMember | undefined> {
    return this.inner.find(imageId, memberId);
  }

  list(imageId: string): Promise<readonly ImageMember[]> {
    return this.inner.list(imageId);
  }

  add(imageId: string, memberId: string): Promise<ImageMember> {
    return this.inner.add(imageId, memberId);
  }

  save(member: ImageMember, options?: SaveOptions): Promise<SaveResult> {
    return this.inner.save(member, options);
  }

  remove(member: ImageMember): Promise<void> {
    return this.inner.remove(member);
  }

  imagesSharedWith(memberId: string, status?: MemberStatus): Promise<readonly string[]> {
    return this.inner.imagesSharedWith(memberId, status);
  }

  /**
   * Override it to wrap `this.inner.inUnit(unit)` as this wraps `this.inner`.
   *
   * @throws DistinctionError `UNIT_MISUSED` in a layer that does not: leaving the layer out in silence would be worse
   */
  inUnit(unit: UnitBinding): ImageMemberRepository {
    if (this.constructor === ImageMemberRepositoryProxy) return new ImageMemberRepositoryProxy(this.inner.inUnit(unit));
    throw unitMisused(`${this.constructor.name} does not say what it is inside one: override inUnit`);
  }
}
