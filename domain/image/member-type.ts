import { constrained, fixed, withInitial } from "../distinction/types/attribute-rules.js";
import { instant } from "../distinction/types/instant-type.js";
import { oneOf, text } from "../distinction/types/text-types.js";
import { recordType, type RecordOf } from "../distinction/types/record-type.js";

const memberId = constrained(text(255), (id) => (id === "" ? "an id of at least 1 character" : undefined));

/** Somebody whom an image is shared with: invited by its owner, to accept or to reject. */
export const memberType = recordType({
  name: "member",
  key: ["imageId", "memberId"],
  attributes: {
    imageId: text(36),
    memberId,
    status: withInitial(oneOf("pending", "accepted", "rejected"), "pending"),
    createdAt: fixed(instant(3)),
    updatedAt: instant(3),
  },
  stamp: "updatedAt",
});

export type ImageMember = RecordOf<typeof memberType>;
export type MemberStatus = ImageMember["status"];
