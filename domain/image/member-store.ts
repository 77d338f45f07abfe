import type { RecordState } from "../distinction/record-state.js";
import type { RecordStore } from "../distinction/record-store.js";

/** The port between members and database. */
export interface MemberStore extends RecordStore {
  /**
   * Stores a new member if its image is there and has fewer members than `quota`; a negative one is no limit. Who else
   * adds at the same time is counted.
   */
  admit(member: RecordState, quota: number): Promise<"applied" | "duplicate" | "no-image" | "over-quota">;
}
