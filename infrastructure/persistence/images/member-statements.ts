import type { Dialect } from "../connection/dialect.js";
import type { Statement } from "../connection/session.js";

/** `SELECT owner, visibility FROM images WHERE id = ? … FOR UPDATE`: a point look-up of a living image. */
export function lockImage(imageId: string, { forUpdate }: Dialect): Statement {
  return {
    sql: `SELECT owner, visibility FROM images WHERE id = ? AND deleted_at IS NULL${forUpdate}`,
    parameters: [imageId],
  };
}

/**
 * How many members an image has, and whether one is among them: a range of the primary key. Locked, because a transaction
 * that has read before sees members as of then.
 */
export function selectMembership(imageId: string, memberId: string, { forUpdate }: Dialect): Statement {
  const isThat = "COALESCE(SUM(CASE WHEN member_id = ? THEN 1 ELSE 0 END), 0)";
  return {
    sql: `SELECT COUNT(*), ${isThat} FROM image_members WHERE image_id = ?${forUpdate}`,
    parameters: [memberId, imageId],
  };
}
