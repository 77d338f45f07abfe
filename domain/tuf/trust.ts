import type { MetadataType } from "./metadata-document.js";

/** Which keys speak for a role, and how many of them must (TUF 1.0.33 §4.3, `KEYID` and `THRESHOLD`). */
export interface RoleTrust {
  readonly keyIds: readonly string[];
  readonly threshold: number;
}

/** A role's trust as the repository keeps it. */
export interface KeptTrust extends RoleTrust {
  /** From 1, +1 whenever keys or threshold change. */
  readonly version: number;
  /** Keys that speak for the role no longer, and did for somebody who may not have seen that yet. */
  readonly retiring: readonly string[];
  /**
   * Epoch milliseconds until which signatures must satisfy those who have not seen the last change (see `signatories`):
   * `UNPUBLISHED` until that is published, and `TRANSITION` later from then on; 0 where nothing ever changed.
   */
  readonly transitionEnds: number;
}

/** The roles that keys are assigned to. All bins share one set, because succinct roles do (TAP 15). */
export const TRUSTED_ROLES = ["root", "targets", "snapshot", "timestamp", "bins"] as const;

export type TrustedRole = (typeof TRUSTED_ROLES)[number];

/** Trust by role: of all that every repository has, and of custom roles by name. */
export type TrustByRole<T extends RoleTrust> = Readonly<Record<TrustedRole, T>> & Readonly<Record<string, T>>;

/** The trust under which metadata of `role` is signed: that of bins for all that has none of its own. */
export function trustOf<T extends RoleTrust>(trust: TrustByRole<T>, role: string): T {
  return (Object.hasOwn(trust, role) ? trust[role] : undefined) ?? trust.bins;
}

/** All roles that keys are assigned to, custom ones last and by name. */
export function trustedRoles(trust: TrustByRole<RoleTrust>): readonly string[] {
  const own: readonly string[] = TRUSTED_ROLES;
  return [
    ...own,
    ...Object.keys(trust)
      .filter((role) => !own.includes(role))
      .sort(),
  ];
}

/** The roles whose trust root states; that of bins is stated by targets. */
export const ROOTED_ROLES = ["root", "targets", "snapshot", "timestamp"] as const satisfies readonly MetadataType[];

export type RootedRole = (typeof ROOTED_ROLES)[number];

export function isRooted(role: string): role is RootedRole {
  return (ROOTED_ROLES as readonly string[]).includes(role);
}

/** Milliseconds for which removed keys sign along once everybody can see the change: longer than any client refreshes. */
export const TRANSITION = 600_000;

/** When the transition ends to trust that clients cannot see yet: at no time. */
export const UNPUBLISHED = Number.MAX_SAFE_INTEGER;

/** Which keys are to sign. */
export interface Signatories {
  /** At least `threshold` of these. */
  readonly keyIds: readonly string[];
  readonly threshold: number;
  /**
   * Whether all keys at hand sign, and these too. A client that has read the older of two roots, or of two `targets`,
   * then verifies what it finds next just as one that has read the newer: at no instant is there a file that only one of
   * them accepts.
   */
  readonly along: readonly string[] | undefined;
}

/**
 * @param now epoch milliseconds
 */
export function signatories({ keyIds, threshold, retiring, transitionEnds }: KeptTrust, now: number): Signatories {
  return { keyIds, threshold, along: transitionEnds <= now ? undefined : retiring };
}

/** Trust that nobody has seen another before. */
export function firstTrust({ keyIds, threshold }: RoleTrust): KeptTrust {
  return { keyIds, threshold, version: 1, retiring: [], transitionEnds: 0 };
}

/**
 * What is kept once `next` replaces `current`. Keys that were retiring go on, unless their transition is over: somebody may
 * have seen nothing newer than what they spoke for.
 * @param now epoch milliseconds
 */
export function succeeding(current: KeptTrust, { keyIds, threshold }: RoleTrust, now: number): KeptTrust {
  const still = current.transitionEnds > now ? current.retiring : [];
  const former = [...new Set([...current.keyIds, ...still])];
  return {
    keyIds,
    threshold,
    version: current.version + 1,
    retiring: former.filter((keyId) => !keyIds.includes(keyId)),
    transitionEnds: UNPUBLISHED,
  };
}

export function isSameTrust(one: RoleTrust, other: RoleTrust): boolean {
  return (
    one.threshold === other.threshold &&
    one.keyIds.length === other.keyIds.length &&
    one.keyIds.every((keyId) => other.keyIds.includes(keyId))
  );
}
