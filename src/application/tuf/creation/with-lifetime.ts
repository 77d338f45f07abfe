import { checkedExpiry, DEFAULT_EXPIRY, type ExpiryPolicy } from "../../../../domain/tuf/expiry.js";

/**
 * A policy in which the metadata of one role lives for another time than by default, as all others do.
 * @param lifetime milliseconds
 * @param renewBefore milliseconds; where none are given, the same part of the lifetime is left at renewal as by default
 * @throws {DistinctionError} INVALID_VALUE for times that metadata cannot have
 */
export function withLifetime(
  role: keyof ExpiryPolicy,
  lifetime: number,
  renewBefore?: number,
  policy: ExpiryPolicy = DEFAULT_EXPIRY,
): ExpiryPolicy {
  const usual = DEFAULT_EXPIRY[role];
  const left = renewBefore ?? Math.ceil((lifetime * usual.renewBefore) / usual.lifetime);
  return checkedExpiry({ ...policy, [role]: { lifetime, renewBefore: left } });
}
