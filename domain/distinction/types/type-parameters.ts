import type { Rule } from "../arguments.js";
import { DistinctionError } from "../errors.js";

/**
 * Checks what an attribute or collection type is made from.
 *
 * @throws DistinctionError `INVALID_RECORD_TYPE`
 */
export function requireParameters(what: string, given: Readonly<Record<string, readonly [unknown, Rule]>>): void {
  for (const [name, [value, check]] of Object.entries(given)) {
    const reason = check(value);
    if (reason !== undefined) throw new DistinctionError("INVALID_RECORD_TYPE", `${what}: ${name}: ${reason}`);
  }
}
