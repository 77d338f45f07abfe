import { optionFaults, type Rules } from "../distinction/arguments.js";
import { InvalidValueError } from "../distinction/errors.js";
import { typeName } from "../distinction/types/type-name.js";

/** How long metadata of one kind of role is good, and when it is renewed. Both in milliseconds. */
export interface RoleExpiry {
  readonly lifetime: number;
  /** Renewed once no more than this is left. Clients meet expired metadata only if nobody publishes for this long. */
  readonly renewBefore: number;
}

export interface ExpiryPolicy {
  readonly root: RoleExpiry;
  readonly targets: RoleExpiry;
  readonly bins: RoleExpiry;
  readonly snapshot: RoleExpiry;
  readonly timestamp: RoleExpiry;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * The shorter a role lives, the sooner a client notices that it is served frozen metadata (TUF 1.0.33 §5.4.4), and the
 * more often somebody must sign: a day for the timestamp, which one signature renews, a week for the snapshot that every
 * client then fetches anew, 90 days for the many bins, a year where people hold the keys.
 */
export const DEFAULT_EXPIRY: ExpiryPolicy = {
  root: { lifetime: 365 * DAY, renewBefore: 60 * DAY },
  targets: { lifetime: 365 * DAY, renewBefore: 60 * DAY },
  bins: { lifetime: 90 * DAY, renewBefore: 30 * DAY },
  snapshot: { lifetime: 7 * DAY, renewBefore: 2 * DAY },
  timestamp: { lifetime: DAY, renewBefore: 8 * HOUR },
};

/** Longest life of metadata: `expires` has four digits for the year. */
const MOST_YEARS = 1_000;

/** Why metadata cannot live so, or `undefined` where it can. */
export function expiryFault(expiry: unknown): string | undefined {
  if (typeof expiry !== "object" || expiry === null) return `{ lifetime, renewBefore }, got ${typeName(expiry)}`;
  const { lifetime, renewBefore } = expiry as Readonly<Partial<Record<string, unknown>>>;
  if (!isTime(lifetime) || !isTime(renewBefore)) {
    return `lifetime and renewBefore are whole milliseconds, above 0 and of at most ${MOST_YEARS} years`;
  }
  // What is signed now must not be due for renewal again.
  return renewBefore < lifetime ? undefined : "metadata lives longer than the time that it is renewed before";
}

function isTime(time: unknown): time is number {
  return Number.isSafeInteger(time) && (time as number) > 0 && (time as number) <= MOST_YEARS * 365 * DAY;
}

const EXPIRY_RULES: Rules<keyof ExpiryPolicy> = {
  root: expiryFault,
  targets: expiryFault,
  bins: expiryFault,
  snapshot: expiryFault,
  timestamp: expiryFault,
};

/**
 * Lifetimes as a caller gives them, of the roles that are named: no reference to what was given.
 * @throws {DistinctionError} INVALID_VALUE naming every role that is wrong or none
 */
export function checkedExpiry(given: Partial<ExpiryPolicy>): Partial<ExpiryPolicy> {
  const faults = optionFaults(EXPIRY_RULES, given, "roles");
  if (faults.length > 0) throw new InvalidValueError("expiry of a TUF repository", faults);
  const kept = Object.entries(given).filter(([, expiry]) => (expiry as RoleExpiry | undefined) !== undefined);
  return Object.fromEntries(kept.map(([role, { lifetime, renewBefore }]) => [role, { lifetime, renewBefore }]));
}

/**
 * What a repository begins with: roles that are not named live as by default.
 * @throws {DistinctionError} INVALID_VALUE as `checkedExpiry`
 */
export function completeExpiry(given: Partial<ExpiryPolicy> = {}): ExpiryPolicy {
  return { ...DEFAULT_EXPIRY, ...checkedExpiry(given) };
}

/** When metadata signed at `now` expires: epoch milliseconds on a whole second, which is what `expires` can say. */
export function expiresAt(now: number, { lifetime }: RoleExpiry): number {
  return Math.floor((now + lifetime) / 1000) * 1000;
}

/**
 * As `expiresAt` for one of many roles that are often signed together: up to half of the time until renewal earlier, by the
 * role's name, so that they need not be renewed all at once either.
 */
export function staggeredExpiresAt(now: number, expiry: RoleExpiry, role: string): number {
  return expiresAt(now, { ...expiry, lifetime: expiry.lifetime - spreadOf(expiry) * fractionOf(role) });
}

function spreadOf({ lifetime, renewBefore }: RoleExpiry): number {
  return Math.max(0, lifetime - renewBefore) / 2;
}

/** Evenly spread over [0, 1) for names that differ in a digit only: FNV-1a, with the mixing at the end of MurmurHash3. */
function fractionOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * Metadata that expires at or before the answer (epoch milliseconds) is due for renewal at `now`.
 * @param within milliseconds, to renew sooner than the policy asks for; never so soon that what is signed now is due again
 */
export function renewalHorizon(now: number, expiry: RoleExpiry, within = 0): number {
  const shortest = expiry.lifetime - spreadOf(expiry) - 1_000;
  return now + Math.max(expiry.renewBefore, Math.min(within, shortest));
}

/** `YYYY-MM-DDTHH:MM:SSZ` (TUF 1.0.33 §4.2.1); fractions of a second pass in some clients and fail in others. */
export function formatExpires(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
}
