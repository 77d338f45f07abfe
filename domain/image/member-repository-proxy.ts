import type { SaveOptions, SaveResult } from "../distinction/save-options.js";
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
}
