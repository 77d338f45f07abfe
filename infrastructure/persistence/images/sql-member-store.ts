import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { UnitBinding } from "../../../domain/distinction/unit/unit-of-work.js";
import { exceeds } from "../../../domain/image/image-quotas.js";
import type { Admission, AdmissionOutcome, MemberStore } from "../../../domain/image/member-store.js";
import type { DatabaseAccess } from "../connection/database.js";
import type { Dialect } from "../connection/dialect.js";
import type { Session } from "../connection/session.js";
import { SqlRecordStore } from "../records/sql-record-store.js";
import { lockImage, selectMembership } from "./member-statements.js";
import { memberTable } from "./member-table.js";

/** Members' rows. Whoever adds one holds the image's row, so that members are counted one after the other. */
export class SqlMemberStore implements MemberStore {
  constructor(readonly records: SqlRecordStore) {}

  static of(database: DatabaseAccess): SqlMemberStore {
    return new SqlMemberStore(new SqlRecordStore(database, memberTable));
  }

  admit(member: RecordState, admission: Admission): Promise<AdmissionOutcome> {
    return this.records.insertUnless(member, (session, dialect) => refusal(session, dialect, member, admission));
  }

  inUnit(unit: UnitBinding): SqlMemberStore {
    return new SqlMemberStore(unit.store(this.records) as SqlRecordStore);
  }
}

async function refusal(
  session: Session,
  dialect: Dialect,
  { attributes }: RecordState,
  { quota, owner }: Admission,
): Promise<Exclude<AdmissionOutcome, "applied"> | undefined> {
  const { imageId, memberId } = attributes as { imageId: string; memberId: string };
  const [image] = await session.rows(lockImage(imageId, dialect));
  if (image === undefined) return "no-image";
  const [ownerNow, visibility] = image;
  if (owner !== undefined && ownerNow !== owner) return "not-owned";
  if (visibility !== "shared") return "not-shared";
  const [row] = await session.rows(selectMembership(imageId, memberId, dialect));
  const [count, isMember] = (row ?? []).map(Number);
  if (isMember! > 0) return "duplicate";
  return exceeds(count! + 1, quota) ? "over-quota" : undefined;
}
