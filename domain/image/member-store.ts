import type { RecordState } from "../distinction/record/record-state.js";
import type { RecordStore } from "../distinction/record-store.js";
import type { UnitBinding } from "../distinction/unit/unit-of-work.js";

/** What a new member asks of its image. */
export interface Admission {
  /** Most members that the image may have; a negative number is no limit. */
  readonly quota: number;
  /** Who has to own the image, where that is asked. */
  readonly owner?: string | null;
}

export type AdmissionOutcome = "applied" | "duplicate" | "no-image" | "not-owned" | "not-shared" | "over-quota";

/** The port between members and database. */
export interface MemberStore {
  /** The members themselves. */
  readonly records: RecordStore;
  /**
   * Stores a new member if its image is there, is shared, and has room for it, all as of the moment when it is stored. Who
   * else adds at the same time is counted.
   */
  admit(member: RecordState, admission: Admission): Promise<AdmissionOutcome>;
  /** This store inside a unit of work. */
  inUnit(unit: UnitBinding): MemberStore;
}
