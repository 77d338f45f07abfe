import type { CustomRole } from "./custom-role.js";
import type { ExpiryPolicy } from "./expiry.js";
import type { TufKey } from "./key.js";
import type { KeptTrust, TrustByRole } from "./trust.js";

/** What a repository is when it is created. */
export interface NewTufRepository {
  readonly name: string;
  /** 2^bitLength bins share the digest space of target paths evenly; 1 to 16. */
  readonly bitLength: number;
  /** Bins are named `<namePrefix>-<index in hex>`. */
  readonly namePrefix: string;
  /** Whether metadata lists bins one by one with hash prefixes, for clients without succinct roles (TAP 15); default `false`. */
  readonly binsByPrefix?: boolean;
  readonly expiry: ExpiryPolicy;
  /** Public keys by key id: those that `trust` names, retiring ones too. */
  readonly keys: Readonly<Record<string, TufKey>>;
  readonly trust: TrustByRole<KeptTrust>;
  /** The roles that `targets` delegates to beside the bins, in the order in which clients ask them; none where not given. */
  readonly customRoles?: readonly CustomRole[];
}

/** What a repository is, apart from what changes with every publish. */
export interface TufRepository extends NewTufRepository {
  readonly customRoles: readonly CustomRole[];
  /** The record version of `targets`, which every change of custom roles moves. */
  readonly targetsVersion: number;
}
