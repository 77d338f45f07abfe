/** How many of each an image may have; a negative number is no limit. */
export interface ImageQuotas {
  readonly properties: number;
  readonly tags: number;
  readonly locations: number;
  readonly members: number;
}

export const DEFAULT_QUOTAS: ImageQuotas = { properties: 128, tags: 128, locations: 10, members: 128 };

export function exceeds(count: number, quota: number): boolean {
  return quota >= 0 && count > quota;
}
