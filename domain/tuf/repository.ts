import type { ExpiryPolicy } from "./expiry.js";
import type { TufKey } from "./key.js";

/** Which keys speak for a role, and how many of them must (TUF 1.0.33 §4.3, `KEYID` and `THRESHOLD`). */
export interface RoleTrust {
  readonly keyIds: readonly string[];
  readonly threshold: number;
}

/** The roles that keys are assigned to. All bins share one set, because succinct roles do (TAP 15). */
export const TRUSTED_ROLES = ["root", "targets", "snapshot", "timestamp", "bins"] as const;

export type TrustedRole = (typeof TRUSTED_ROLES)[number];

/** What a repository is, apart from what changes with every publish. */
export interface TufRepository {
  readonly name: string;
  /** 2^bitLength bins share the digest space of target paths evenly; 1 to 16. */
  readonly bitLength: number;
  /** Bins are named `<namePrefix>-<index in hex>`. */
  readonly namePrefix: string;
  readonly expiry: ExpiryPolicy;
  /** Public keys by key id. */
  readonly keys: Readonly<Record<string, TufKey>>;
  readonly trust: Readonly<Record<TrustedRole, RoleTrust>>;
}
