import { catchAllName, type CustomRole } from "../../../../domain/tuf/custom-role.js";
import { changedRoles, customRole } from "../../../../domain/tuf/delegation-change.js";
import type { RoleExpiry } from "../../../../domain/tuf/expiry.js";
import { bitLengthOf } from "../../../../domain/tuf/hash-bins.js";
import type { KeyStore } from "../../../../domain/tuf/key-store.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import { checkListable } from "../../../../domain/tuf/prefix-bins.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import { firstTrust, type RoleTrust } from "../../../../domain/tuf/trust.js";
import { changedTrust, checkNotRevoked } from "../../../../domain/tuf/trust-change.js";
import { commitDelegations, delegatedName, type DelegationPorts, restating } from "./commit-delegations.js";
import { existingRepository } from "../existing-repository.js";
import { additions, NOBODY, type RoleKeys } from "../creation/new-repository.js";

export interface AddDelegationPorts extends DelegationPorts {
  readonly keys: KeyStore;
  readonly codec: MetadataCodec;
}

export interface DelegationRequest {
  readonly role: string;
  /** Patterns of the paths that it may speak of: `*` and `?` within segments (TUF 1.0.33 §4.5). */
  readonly paths: readonly string[];
  /** Whether clients that do not find a path of these patterns there look no further; default `false`. */
  readonly terminating?: boolean;
  /** Who signs it; a new key, where none are given. */
  readonly keys?: RoleKeys;
  /** As that of `targets`, where none is given. */
  readonly expiry?: RoleExpiry;
  /** The custom role that is to delegate to it, whose keys then have to sign that; `targets`, where none is given. */
  readonly below?: string;
  /** The custom role that clients are to ask after it; asked last of those that the same role delegates to, where none is given. */
  readonly before?: string;
  /**
   * How many hash bins below the role hold its targets: a power of two from 2 to 65,536; none where it is not given. Its keys
   * sign them, so that each publish must have enough of these at hand. Such a role is terminating (TAP 15).
   */
  readonly bins?: number;
}

/**
 * Delegates path patterns to a role with keys of its own. It is published once it is signed: by the next publish where
 * enough of its keys are at hand, else by people (`signDelegation`). Targets that are there already stay where they are;
 * those accepted from now on belong to the first custom role that speaks for their path.
 * @returns who signs it
 * @throws {TufError} INVALID_NAME, INVALID_BIN_COUNT, INVALID_DELEGATION, DELEGATION_EXISTS, INVALID_TRUST, UNKNOWN_ROLE for `before`,
 *   PUBLISH_CONTENDED, REPOSITORY_NOT_FOUND
 */
export async function addDelegation(
  ports: AddDelegationPorts,
  name: string,
  request: DelegationRequest,
): Promise<RoleTrust> {
  const { role, keys: given } = request;
  const revoked = await ports.trust.revokedKeys(name);
  // Checked before a key is made for it.
  withRole(await existingRepository(ports.store, name), request);
  const keys = given ?? { keys: [(await ports.keys.generate()).publicKey], threshold: 1 };
  let trust: RoleTrust = NOBODY;
  await commitDelegations(ports, name, async (repository) => {
    const roles = withRole(repository, request);
    const plan = { keys: {}, trust: { ...repository.trust, [role]: NOBODY } };
    const next = changedTrust(plan, additions(role, keys, ports.codec));
    trust = next.trust[role] ?? NOBODY;
    checkNotRevoked(trust.keyIds, revoked);
    const isFirst = repository.customRoles.length === 0;
    const catchAll = isFirst ? [{ name: catchAllName(repository), kind: "catch-all" } as const] : [];
    return {
      roles,
      added: [delegatedName(customRole(roles, role)), ...catchAll],
      updates: [{ role, trust: firstTrust(trust), keys: next.keys }, ...restating(repository, customRole(roles, role))],
    };
  });
  return trust;
}

function withRole(
  repository: TufRepository,
  {
    role: name,
    paths,
    bins,
    below,
    terminating = bins !== undefined,
    expiry = repository.expiry.targets,
    before,
  }: DelegationRequest,
): readonly CustomRole[] {
  const role = {
    name,
    ...(below === undefined ? {} : { above: below }),
    paths,
    terminating,
    expiry,
    ...(bins === undefined ? {} : { bitLength: bitLengthOf(bins) }),
  };
  if (role.bitLength !== undefined && repository.binsByPrefix) checkListable({ bitLength: role.bitLength });
  const change = { change: "add", role, ...(before === undefined ? {} : { before }) } as const;
  return changedRoles(repository.customRoles, change, repository);
}
