import { idFrom } from "../../domain/distinction/record-id.js";
import type { RecordState } from "../../domain/distinction/record-state.js";
import type { ApplyOutcome } from "../../domain/distinction/record-store.js";
import { imageType } from "../../domain/image/image-type.js";
import type { MemberStore } from "../../domain/image/member-store.js";
import { memberType } from "../../domain/image/member-type.js";
import { MemoryRecordStore } from "./memory-record-store.js";

/** The in-memory twin of the images' tables: `new ImageGateway(memoryImages(), …)`. Members go with their image. */
export function memoryImages(): { readonly images: MemoryRecordStore; readonly members: MemberStore } {
  const images = new MemoryImageStore();
  return { images, members: images.members };
}

class MemoryImageStore extends MemoryRecordStore {
  readonly members = new MemoryMemberStore(this);

  constructor() {
    super(imageType, undefined, true);
  }

  override async remove(base: RecordState): Promise<ApplyOutcome> {
    const outcome = await super.remove(base);
    if (outcome.kind === "applied") this.members.drop((member) => member.imageId === base.attributes.id);
    return outcome;
  }
}

class MemoryMemberStore extends MemoryRecordStore implements MemberStore {
  constructor(private readonly images: MemoryRecordStore) {
    super(memberType);
  }

  admit(member: RecordState, quota: number): Promise<"applied" | "duplicate" | "no-image" | "over-quota"> {
    const { imageId } = member.attributes;
    return Promise.resolve().then(() => {
      if (!this.images.holds([imageId as string])) return "no-image";
      if (this.holds(idFrom(memberType, member.attributes))) return "duplicate";
      if (quota >= 0 && this.count((other) => other.imageId === imageId) >= quota) return "over-quota";
      this.put(member);
      return "applied";
    });
  }
}
