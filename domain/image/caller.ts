import type { Image } from "./image-type.js";
import type { MemberStatus } from "./member-type.js";

/** On whose behalf images are looked at. */
export interface Caller {
  /** What images name as their owner; `null` for somebody unknown. */
  readonly owner: string | null;
  /** Sees everything. */
  readonly isAdmin: boolean;
}

/**
 * Whether a caller may see an image whose id is known: everybody those that are public, community or nobody's, the owner
 * its own, and those whom a shared one is shared with, whatever they made of it. Being hidden keeps an image out of lists
 * alone.
 *
 * @param membership the caller's, where there is one
 */
export function mayGet(
  { owner, isAdmin }: Caller,
  image: Pick<Image, "owner" | "visibility">,
  membership: MemberStatus | undefined,
): boolean {
  if (isAdmin || image.owner === null) return true;
  if (image.visibility === "public" || image.visibility === "community") return true;
  if (owner === null) return false;
  return image.owner === owner || (image.visibility === "shared" && membership !== undefined);
}
