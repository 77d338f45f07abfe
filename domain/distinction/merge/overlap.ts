import type { PolicyName } from "../types/policy-name.js";

/** Both sides changed the same thing. Values of attributes marked secret are replaced by `"[secret]"`. */
export interface Overlap {
  /** Name of the attribute or collection. */
  readonly subject: string;
  /** Attribute, JSON path below it, or `collection["key"]`. */
  readonly path: string;
  /** The value that both sides started from; `undefined` where there was none. */
  readonly original: unknown;
  /** What the caller wants to write; `undefined` for a removal. */
  readonly mine: unknown;
  /** What the other writer wrote; `undefined` for a removal. */
  readonly theirs: unknown;
  /** The rule that refused: a policy, a guard, a group, or the `strict` mode. */
  readonly policy: PolicyName | "function" | "guard" | "group" | "strict";
  /** Why what the policy came to cannot be stored: a sum beyond the column's range, say. Missing where the rule itself refused. */
  readonly reason?: string;
}
