import { requireOptions, type Rule, type Rules } from "../distinction/arguments.js";
import { typeName } from "../distinction/types/type-name.js";

/** How many of each an image may have; a negative number is no limit. */
export interface ImageQuotas {
  readonly properties: number;
  readonly tags: number;
  readonly locations: number;
  readonly members: number;
}

export const DEFAULT_QUOTAS: ImageQuotas = { properties: 128, tags: 128, locations: 10, members: 128 };

const aQuota: Rule = (value) => {
  if (Number.isSafeInteger(value)) return undefined;
  return `a whole number, a negative one for no limit, got ${typeof value === "number" ? value : typeName(value)}`;
};

const QUOTAS: Rules<keyof ImageQuotas> = { properties: aQuota, tags: aQuota, locations: aQuota, members: aQuota };

/**
 * Quotas whole: what is not given, or `undefined`, is the default one.
 *
 * @throws InvalidValueError where one is no whole number, or misspelt: a limit must not be off by mistake
 */
export function imageQuotas(given: { readonly [N in keyof ImageQuotas]?: number | undefined } = {}): ImageQuotas {
  requireOptions("image quotas", QUOTAS, given, "quotas");
  return {
    properties: given.properties ?? DEFAULT_QUOTAS.properties,
    tags: given.tags ?? DEFAULT_QUOTAS.tags,
    locations: given.locations ?? DEFAULT_QUOTAS.locations,
    members: given.members ?? DEFAULT_QUOTAS.members,
  };
}

export function exceeds(count: number, quota: number): boolean {
  return quota >= 0 && count > quota;
}
