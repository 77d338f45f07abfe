/**
 * What an overlap on one attribute does: refuse it (`reject`, the default), let the last writer win (`mine`), keep what
 * is stored (`theirs`), or combine both. `sum` adds my increment to theirs, `max` keeps the greater number or later
 * instant (decimals exactly), `union` joins JSON arrays as sets. Within JSON they combine member by member. A record type
 * refuses a policy that could never combine its attribute's values; what it cannot combine in one overlap is a conflict.
 */
export const POLICY_NAMES = ["reject", "mine", "theirs", "sum", "union", "max"] as const;

export type PolicyName = (typeof POLICY_NAMES)[number];
