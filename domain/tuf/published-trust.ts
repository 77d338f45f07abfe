import type { CustomRole } from "./custom-role.js";
import { rolesAbove } from "./nested-roles.js";
import { isRooted } from "./trust.js";
import type { RoleRecord } from "./tuf-store.js";

/** What states the trust of others: root, `targets`, the catch-all, and each custom role. */
export interface StatingRole extends Pick<RoleRecord, "name" | "kind" | "version" | "signedVersion" | "trustSince"> {
  /** Whether its newest metadata is what clients get: of root the file, of others also the snapshot that lists it. */
  readonly isExported: boolean;
}

/**
 * Whether clients that begin now see the trust of `role` as it is kept: all that states it is signed as it is to be, and
 * exported. Root states the trust of the roles that it speaks of, and is released once these are signed anew. `targets`
 * states that of bins, through the catch-all where there is one, once every bin is. What a custom role's bins are signed with
 * is stated by every role from the one that `targets` delegates to down to the custom role itself.
 */
export function isTrustPublished(
  role: string,
  stating: readonly StatingRole[],
  customRoles: readonly CustomRole[],
): boolean {
  const exported = new Map(stating.filter(({ isExported }) => isExported).map((one) => [one.name, one]));
  if (isRooted(role)) return exported.has("root");
  const targets = exported.get("targets");
  if (targets === undefined) return false;
  const isStated = (one: StatingRole): boolean => one.isExported && one.signedVersion >= one.trustSince;
  // What `targets` states of bins makes its record newer, not its own trust.
  if (role === "bins") {
    return (
      targets.version === targets.signedVersion && stating.every((one) => one.kind !== "catch-all" || isStated(one))
    );
  }
  const custom = customRoles.find(({ name }) => name === role);
  if (custom === undefined) return false;
  return [...rolesAbove(customRoles, custom), custom].every(({ name }) => {
    const one = exported.get(name);
    return one !== undefined && isStated(one);
  });
}
