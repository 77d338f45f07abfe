import { aFlag, anObject, requireArguments, rule, type Rule } from "../distinction/arguments.js";
import { textFault } from "../distinction/types/text-types.js";
import type { Image } from "./image-type.js";
import type { MemberStatus } from "./member-type.js";

/** On whose behalf images are looked at and changed. */
export interface Caller {
  /** What images name as their owner, and members as theirs; `null` for somebody unknown. */
  readonly owner: string | null;
  /** Sees and changes everything. */
  readonly isAdmin: boolean;
}

type Owned = Pick<Image, "owner" | "visibility">;

const someOwner = rule("text of at least 1 character, or null for somebody unknown", (given) => {
  return given === null || (typeof given === "string" && given !== "");
});

/** What an image or a member can have as its owner. */
const anOwner: Rule = (given) => someOwner(given) ?? (given === null ? undefined : textFault(given, 255));

/**
 * A copy: whoever changes the object later changes no rights.
 *
 * @throws InvalidValueError where it says not clearly who that is: rights must not rest on what was left out
 */
export function checkedCaller(caller: Caller): Caller {
  requireArguments("caller", { caller: [caller, anObject] });
  const { owner, isAdmin } = caller;
  requireArguments("caller", { owner: [owner, anOwner], isAdmin: [isAdmin, aFlag] });
  return Object.freeze({ owner, isAdmin });
}

/**
 * Whether a caller may see an image whose id is known: everybody those that are public, community or nobody's, the owner
 * its own, and those whom a shared one is shared with, whatever they made of it. Being hidden keeps an image out of lists
 * alone.
 *
 * @param membership the caller's, where there is one
 */
export function mayGet({ owner, isAdmin }: Caller, image: Owned, membership: MemberStatus | undefined): boolean {
  if (isAdmin || image.owner === null) return true;
  if (image.visibility === "public" || image.visibility === "community") return true;
  if (owner === null) return false;
  return image.owner === owner || (image.visibility === "shared" && membership !== undefined);
}

/** Whether a caller may change an image, remove it, and say whom it is shared with: its owner may, and no member. */
export function mayChange({ owner, isAdmin }: Caller, image: Pick<Image, "owner">): boolean {
  return isAdmin || (owner !== null && image.owner === owner);
}
