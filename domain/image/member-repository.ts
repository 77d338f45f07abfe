import type { SaveOptions, SaveResult } from "../distinction/save/save-options.js";
import type { UnitBinding } from "../distinction/unit/unit-of-work.js";
import type { ImageMember, MemberStatus } from "./member-type.js";

/** Port: whom images are shared with. A member has a version of its own: sharing does not disturb who edits the image. */
export interface ImageMemberRepository {
  /** @throws DistinctionError `RECORD_NOT_FOUND` */
  get(imageId: string, memberId: string): Promise<ImageMember>;
  find(imageId: string, memberId: string): Promise<ImageMember | undefined>;
  /** All members of an image, by their ids. */
  list(imageId: string): Promise<readonly ImageMember[]>;
  /**
   * Shares an image; the new member is pending.
   *
   * @throws InvalidValueError over the quota, and where the image's visibility is not `shared`
   * @throws DistinctionError `RECORD_EXISTS`; `RECORD_NOT_FOUND` where there is no such image, also where it was removed
   *   before the new member was read back
   */
  add(imageId: string, memberId: string): Promise<ImageMember>;
  /** Accepts or rejects, as the member's status says. Throws as `DistinctRepository.save` does. */
  save(member: ImageMember, options?: SaveOptions): Promise<SaveResult>;
  /** Ends the sharing, unless the member was changed since it was loaded. */
  remove(member: ImageMember): Promise<void>;
  /**
   * The ids of the images that somebody is a member of, in their order: `accepted` unless told otherwise. A caller is told
   * of what it sees; a service also of what is no longer shared, whose members sleep until it is again.
   */
  imagesSharedWith(memberId: string, status?: MemberStatus): Promise<readonly string[]>;
  /** The members inside a unit of work; `TransactionScope.repository` calls it. */
  inUnit(unit: UnitBinding): ImageMemberRepository;
}
