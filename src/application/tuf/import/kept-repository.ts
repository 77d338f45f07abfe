import type { CustomRole } from "../../../../domain/tuf/custom-role.js";
import { changedRoles } from "../../../../domain/tuf/delegation-change.js";
import { TufError } from "../../../../domain/tuf/errors.js";
import type { ExpiryPolicy, RoleExpiry } from "../../../../domain/tuf/expiry.js";
import type { HashBins } from "../../../../domain/tuf/hash-bins.js";
import { type TufKey, voiceOf } from "../../../../domain/tuf/key.js";
import type { NewTufRepository } from "../../../../domain/tuf/repository.js";
import { rootedTrust } from "../../../../domain/tuf/root-succession.js";
import { shownPath } from "../../../../domain/tuf/target-path.js";
import { firstTrust, type KeptTrust, ROOTED_ROLES, type RootedRole } from "../../../../domain/tuf/trust.js";
import { checkReachable } from "../../../../domain/tuf/trust-change.js";
import type { ForeignRepository } from "./foreign-repository.js";

/** What a repository of other tools becomes; only the keys of its bins are yet to be made. */
export interface KeptRepository extends Omit<NewTufRepository, "trust"> {
  readonly trust: Readonly<Record<RootedRole, KeptTrust>> & Readonly<Record<string, KeptTrust>>;
  readonly customRoles: readonly CustomRole[];
}

type Wanted = HashBins & {
  readonly name: string;
  readonly binsByPrefix: boolean;
  readonly expiry: ExpiryPolicy;
};

/**
 * Custom roles stay in their order. Where the source does not say how long metadata of one lives, it is as long as that of
 * `targets`.
 * @throws {TufError} INVALID_NAME, INVALID_DELEGATION, DELEGATION_EXISTS, INVALID_TRUST
 */
export function keptRepository(
  { name, bitLength, namePrefix, binsByPrefix, expiry }: Wanted,
  source: ForeignRepository,
): KeptRepository {
  const { signed: root } = source.root.document;
  const customRoles = source.customRoles.reduce<readonly CustomRole[]>((roles, { role, days }) => {
    return changedRoles(
      roles,
      { change: "add", role: { ...role, expiry: livingFor(days, expiry.targets) } },
      { namePrefix },
    );
  }, []);

  const rooted = rootedTrust(root);
  const keys = new Map<string, TufKey>();
  const trust: Record<RootedRole, KeptTrust> & Record<string, KeptTrust> = {
    root: firstTrust(rooted.root),
    targets: firstTrust(rooted.targets),
    snapshot: firstTrust(rooted.snapshot),
    timestamp: firstTrust(rooted.timestamp),
  };
  for (const role of ROOTED_ROLES) addKeys(keys, role, rooted[role].keyIds, root.keys);
  for (const { role, delegation } of source.customRoles) {
    const { keyids: keyIds, threshold } = delegation;
    checkReachable(role.name, { keyIds, threshold }, delegation.keys);
    addKeys(keys, role.name, keyIds, delegation.keys);
    trust[role.name] = firstTrust({ keyIds, threshold });
  }
  const listing = binsByPrefix ? { binsByPrefix } : {};
  return { name, bitLength, namePrefix, ...listing, expiry, keys: Object.fromEntries(keys), trust, customRoles };
}

const DAY = 24 * 3_600_000;

/** Renewed as early as the others, but not before most of a short life is over. */
function livingFor(days: number | undefined, others: RoleExpiry): RoleExpiry {
  if (days === undefined) return others;
  const lifetime = days * DAY;
  return { lifetime, renewBefore: Math.min(others.renewBefore, Math.floor(lifetime / 3)) };
}

/** Longest key id, in characters. */
const MAX_KEY_ID = 128;

/** One id is one key in all of the repository, though each delegation of the source has a list of its own. */
function addKeys(
  known: Map<string, TufKey>,
  role: string,
  keyIds: readonly string[],
  keys: Readonly<Record<string, TufKey>>,
): void {
  for (const keyId of keyIds) {
    const key = keys[keyId]!;
    const before = known.get(keyId) ?? key;
    const shown = shownPath(keyId);
    if (keyId.length > MAX_KEY_ID || !/^[\x21-\x7e]+$/.test(keyId)) {
      throw new TufError(
        "INVALID_TRUST",
        `role ${role}: key id "${shown}": at most ${MAX_KEY_ID} letters, digits and signs`,
      );
    }
    if (before.scheme !== key.scheme || voiceOf(before) !== voiceOf(key)) {
      throw new TufError("INVALID_TRUST", `role ${role}: key id ${shown} is another key's, too`);
    }
    known.set(keyId, before);
  }
}
