import type { Link } from "../../domain/distinction/record/list-view.js";
import { idFrom } from "../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../domain/distinction/record/record-state.js";
import type { ApplyOutcome } from "../../domain/distinction/record-store.js";
import type { UnitBinding } from "../../domain/distinction/unit/unit-of-work.js";
import { imageType } from "../../domain/image/image-type.js";
import type { ImageUpkeep } from "../../domain/image/image-upkeep.js";
import { exceeds } from "../../domain/image/image-quotas.js";
import type { Admission, AdmissionOutcome, MemberStore } from "../../domain/image/member-store.js";
import { memberType } from "../../domain/image/member-type.js";
import { MemoryRecordStore, type MemoryFork, type Sibling } from "./memory-record-store.js";

/** The in-memory twin of the images' tables: `new ImageGateway(memoryImages(), …)`. Members go with their image. */
export function memoryImages(): {
  readonly images: MemoryRecordStore;
  readonly members: MemberStore;
  readonly upkeep: ImageUpkeep;
} {
  const images: MemoryImageStore = new MemoryImageStore(() => members);
  const members = new MemoryMemberRecords(() => images);
  // A removal leaves nothing here that could be purged.
  const upkeep = { count: async () => images.count(() => true), purge: async () => 0 };
  return { images, members: new MemoryMemberStore(members), upkeep };
}

class MemoryImageStore extends MemoryRecordStore {
  constructor(private readonly members: () => MemoryMemberRecords) {
    super(imageType, undefined, true);
  }

  override async remove(base: RecordState): Promise<ApplyOutcome> {
    const outcome = await super.remove(base);
    if (outcome.kind === "applied") this.members().dropOf(base.attributes.id as string);
    return outcome;
  }

  protected override twin(sibling: Sibling): MemoryImageStore {
    return new MemoryImageStore(() => sibling(this.members()) as MemoryMemberRecords);
  }

  protected override isLinked({ attributes: { id } }: RecordState, { equal }: Link): boolean {
    const given = Object.entries(equal);
    return (
      this.members().count((member) => {
        return member.imageId === id && given.every(([name, value]) => member[name] === value);
      }) > 0
    );
  }
}

class MemoryMemberRecords extends MemoryRecordStore {
  /** The images whose members were counted. */
  readonly #counted = new Set<string>();

  constructor(private readonly images: () => MemoryRecordStore) {
    super(memberType);
  }

  /** At once: nobody comes between the look at the image and the new member. */
  admit(member: RecordState, { quota, owner }: Admission): Promise<AdmissionOutcome> {
    const imageId = member.attributes.imageId as string;
    return Promise.resolve().then(() => {
      const image = this.images().peek([imageId])?.attributes;
      if (image === undefined) return "no-image";
      if (owner !== undefined && image.owner !== owner) return "not-owned";
      if (image.visibility !== "shared") return "not-shared";
      if (this.holds(idFrom(memberType, member.attributes))) return "duplicate";
      this.#counted.add(imageId);
      if (exceeds(this.#membersOf(imageId) + 1, quota)) return "over-quota";
      this.put(member);
      return "applied";
    });
  }

  /** The members of an image that is removed; counted, so that none comes to it meanwhile. */
  dropOf(imageId: string): void {
    this.#counted.add(imageId);
    this.drop((member) => member.imageId === imageId);
  }

  /** Fresh only for as long as the members that were counted are as many. */
  override fork(...given: Parameters<MemoryRecordStore["fork"]>): MemoryFork {
    const fork = super.fork(...given);
    const counted = (fork.store as MemoryMemberRecords).#counted;
    const before = new Map<string, number>();
    this.count(({ imageId }) => {
      before.set(imageId as string, (before.get(imageId as string) ?? 0) + 1);
      return false;
    });
    const isAsMany = (): boolean => [...counted].every((id) => this.#membersOf(id) === (before.get(id) ?? 0));
    return { ...fork, isFresh: (keys) => fork.isFresh(keys) && isAsMany() };
  }

  protected override twin(sibling: Sibling): MemoryMemberRecords {
    return new MemoryMemberRecords(() => sibling(this.images()));
  }

  #membersOf(imageId: string): number {
    return this.count((member) => member.imageId === imageId);
  }
}

class MemoryMemberStore implements MemberStore {
  constructor(readonly records: MemoryMemberRecords) {}

  admit(member: RecordState, admission: Admission): Promise<AdmissionOutcome> {
    return this.records.admit(member, admission);
  }

  inUnit(unit: UnitBinding): MemoryMemberStore {
    return new MemoryMemberStore(unit.store(this.records) as MemoryMemberRecords);
  }
}
