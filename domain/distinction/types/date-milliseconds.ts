/**
 * The time of a `Date`, not a number where it is invalid, and `undefined` for anything else: for what only inherits from
 * `Date`, too. No method of the value is called: it may be one of its own.
 */
export function dateMilliseconds(value: unknown): number | undefined {
  try {
    return value instanceof Date ? Date.prototype.getTime.call(value) : undefined;
  } catch {
    return undefined;
  }
}
