import type { RecordState } from "../../../domain/distinction/record-state.js";
import type { MemberStore } from "../../../domain/image/member-store.js";
import type { DatabaseAccess } from "../connection/database.js";
import { insertRecord } from "../records/record-statements.js";
import { SqlRecordStore } from "../records/sql-record-store.js";
import { lockImage, selectMembership } from "./member-statements.js";
import { memberTable } from "./member-table.js";

/** Members' rows. Whoever adds one holds the image's row, so that members are counted one after the other. */
export class SqlMemberStore extends SqlRecordStore implements MemberStore {
  constructor(database: DatabaseAccess) {
    super(database, memberTable);
  }

  async admit(member: RecordState, quota: number): Promise<"applied" | "duplicate" | "no-image" | "over-quota"> {
    const layout = await this.ready();
    const { imageId, memberId } = member.attributes as { imageId: string; memberId: string };
    return this.database.transaction(async (session) => {
      if ((await session.rows(lockImage(imageId, layout.dialect))).length === 0) return "no-image";
      const [row] = await session.rows(selectMembership(imageId, memberId));
      const [count, isMember] = (row ?? []).map(Number);
      if (isMember! > 0) return "duplicate";
      if (quota >= 0 && count! >= quota) return "over-quota";
      await session.run(insertRecord(layout, member));
      return "applied";
    });
  }
}
