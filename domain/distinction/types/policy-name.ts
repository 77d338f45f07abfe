/**
 * What an overlap on one attribute does: refuse it (`reject`, the default), let the last writer win (`mine`), keep what
 * is stored (`theirs`), or combine both. `sum` adds my increment to theirs, `max` keeps the greater number or later
 * instant, `union` joins JSON arrays as sets. Values that a policy cannot combine are refused.
 */
export const POLICY_NAMES = ["reject", "mine", "theirs", "sum", "union", "max"] as const;

export type PolicyName = (typeof POLICY_NAMES)[number];
