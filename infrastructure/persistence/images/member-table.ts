import { memberType } from "../../../domain/image/member-type.js";
import { recordTable } from "../records/record-table.js";

/** Members have versions of their own, and are there for as long as their image is. */
export const memberTable = recordTable(memberType, {
  name: "image_members",
  parent: { name: "images", owner: { image_id: "id" }, deletedColumn: "deleted_at" },
  indexes: { image_members_member: ["member_id", "status", "image_id"] },
});
