import { DistinctRepository } from "../distinction/distinct-repository.js";
import { InvalidValueError } from "../distinction/errors.js";
import { firstVersion } from "../distinction/record/first-version.js";
import type { ListQuery } from "../distinction/list-query.js";
import { newState } from "../distinction/record/new-record.js";
import { alreadyExists, notFound } from "../distinction/record-errors.js";
import { actingFor, type RepositoryEnvironment } from "../distinction/repository-environment.js";
import type { SaveOptions, SaveResult } from "../distinction/save/save-options.js";
import type { UnitBinding } from "../distinction/unit/unit-of-work.js";
import { forbidden } from "./forbidden.js";
import { imageQuotas } from "./image-quotas.js";
import { imageType } from "./image-type.js";
import type { ImageMemberRepository } from "./member-repository.js";
import type { Admission, MemberStore } from "./member-store.js";
import { memberType, type ImageMember, type MemberStatus } from "./member-type.js";

/** Most members asked for at a time. */
const PAGE = 1_000;

/** The distinction layer over the members' store. */
export class DistinctMemberRepository implements ImageMemberRepository {
  readonly #members: DistinctRepository<typeof memberType>;
  private readonly quota: number;

  /**
   * @param quota how many members an image may have; a negative number is no limit
   * @param admission what else an image has to be so that somebody can be added
   */
  constructor(
    private readonly store: MemberStore,
    private readonly environment: RepositoryEnvironment,
    quota?: number,
    private readonly admission: Omit<Admission, "quota"> = {},
  ) {
    this.quota = imageQuotas({ members: quota }).members;
    this.#members = new DistinctRepository(memberType, store.records, environment);
  }

  get(imageId: string, memberId: string): Promise<ImageMember> {
    return this.#members.get({ imageId, memberId });
  }

  find(imageId: string, memberId: string): Promise<ImageMember | undefined> {
    return this.#members.find({ imageId, memberId });
  }

  list(imageId: string): Promise<readonly ImageMember[]> {
    return this.#all({ where: { imageId: { eq: imageId } }, sort: [{ by: "memberId" }] });
  }

  async add(imageId: string, memberId: string): Promise<ImageMember> {
    const now = new Date(this.environment.clock.now());
    const values = newState(memberType, { imageId, memberId, createdAt: now, updatedAt: now });
    const state = { ...values, version: firstVersion(this.environment) };
    switch (await this.store.admit(state, { ...this.admission, quota: this.quota })) {
      case "applied":
        return this.get(imageId, memberId);
      case "duplicate":
        throw alreadyExists(memberType, state, "duplicate");
      case "no-image":
        throw notFound(imageType, [imageId]);
      case "not-owned":
        throw forbidden(imageId, "its owner alone says whom it is shared with");
      case "not-shared":
        throw new InvalidValueError(imageType.name, [{ path: "members", reason: "is to be shared first" }], imageId);
      case "over-quota":
        throw new InvalidValueError(
          imageType.name,
          [{ path: "members", reason: `at most ${this.quota}, and there are as many` }],
          imageId,
        );
    }
  }

  save(member: ImageMember, options?: SaveOptions): Promise<SaveResult> {
    return this.#members.save(member, options);
  }

  remove(member: ImageMember): Promise<void> {
    return this.#members.remove(member);
  }

  async imagesSharedWith(memberId: string, status: MemberStatus = "accepted"): Promise<readonly string[]> {
    const where = { memberId: { eq: memberId }, status: { eq: status } };
    const members = await this.#all({ where, sort: [{ by: "imageId" }] });
    return members.map(({ imageId }) => imageId);
  }

  /** Who a member that this repository gave out is, whatever the object says by now: rights rest on it. */
  originalOf(member: ImageMember): Pick<ImageMember, "imageId" | "memberId"> {
    const [imageId, memberId] = this.#members.idOf(member) as readonly [string, string];
    return { imageId, memberId };
  }

  inUnit(unit: UnitBinding): DistinctMemberRepository {
    const environment = actingFor(unit, this.environment);
    return new DistinctMemberRepository(this.store.inUnit(unit), environment, this.quota, this.admission);
  }

  async #all(query: ListQuery<typeof memberType>): Promise<readonly ImageMember[]> {
    const all: ImageMember[] = [];
    for (let after: ListQuery<typeof memberType>["after"]; ;) {
      const page = await this.#members.list({ ...query, limit: PAGE, after });
      all.push(...page.records);
      if (page.next === undefined) return all;
      after = page.next;
    }
  }
}
