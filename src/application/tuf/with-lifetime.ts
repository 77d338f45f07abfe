import { checkedExpiry, DEFAULT_EXPIRY, type ExpiryPolicy } from "../../../domain/tuf/expiry.js";

/**
 * Lifetimes that are given, with that of one more role.
 * @param lifetime milliseconds
 * @param renewBefore milliseconds; where none are given, the same part of the lifetime is left at renewal as by default
 * @throws {DistinctionError} INVALID_VALUE for times that metadata cannot have
 */
export function withLifetime(
  role: keyof ExpiryPolicy,
  lifetime: number,
  renewBefore?: number,
  given: Partial<ExpiryPolicy> = {},
): Partial<ExpiryPolicy> {
  const usual = DEFAULT_EXPIRY[role];
  const left = renewBefore ?? Math.ceil((lifetime * usual.renewBefore) / usual.lifetime);
  return checkedExpiry({ ...given, [role]: { lifetime, renewBefore: left } });
}
