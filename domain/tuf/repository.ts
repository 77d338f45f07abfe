import type { ExpiryPolicy } from "./expiry.js";
import type { TufKey } from "./key.js";
import { TOP_LEVEL_ROLES } from "./role-name.js";
import type { KeptTrust, TrustedRole } from "./trust.js";

/** What a repository is when it is created. */
export interface NewTufRepository {
  readonly name: string;
  /** 2^bitLength bins share the digest space of target paths evenly; 1 to 16. */
  readonly bitLength: number;
  /** Bins are named `<namePrefix>-<index in hex>`. */
  readonly namePrefix: string;
  readonly expiry: ExpiryPolicy;
  /** Public keys by key id: those that `trust` names, retiring ones too. */
  readonly keys: Readonly<Record<string, TufKey>>;
  readonly trust: Readonly<Record<TrustedRole, KeptTrust>>;
}

/** What a repository is, apart from what changes with every publish. */
export interface TufRepository extends NewTufRepository {
  /** Whether `trust` is what clients see: the newest root is exported, and `targets` is signed and in the snapshot. */
  readonly settled: boolean;
}

/** The trusted role whose keys sign the metadata of `role`. */
export function trustedRoleOf(role: string): TrustedRole {
  return (TOP_LEVEL_ROLES as readonly string[]).includes(role) ? (role as TrustedRole) : "bins";
}
