import { memberType } from "../../../domain/image/member-type.js";
import { recordTable } from "../records/record-table.js";

/** Members have versions of their own, and go with their image. */
export const memberTable = recordTable(memberType, {
  name: "image_members",
  indexes: { image_members_member: ["member_id", "status", "image_id"] },
});
