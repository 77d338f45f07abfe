import { binsBelow, catchAllName, type CustomRole } from "./custom-role.js";
import { corrupt } from "./errors.js";
import { formatExpires } from "./expiry.js";
import type { HashBins } from "./hash-bins.js";
import type {
  DelegatedRole,
  RootSigned,
  SnapshotSigned,
  TargetEntry,
  TargetsSigned,
  TimestampSigned,
} from "./metadata-document.js";
import { delegatedBy } from "./nested-roles.js";
import { listedAs } from "./prefix-bins.js";
import type { NewTufRepository, TufRepository } from "./repository.js";
import { type RoleTrust, trustOf } from "./trust.js";
import type { TrustPlan } from "./trust-change.js";
import { isReadable, type Target } from "./target.js";
import { shownPath } from "./target-path.js";
import type { MetadataFile } from "./tuf-store.js";

/** The edition of the specification that these builders follow. */
export const SPEC_VERSION = "1.0.33";

/** Which edition of a role's metadata a builder makes. */
export interface Edition {
  readonly metadataVersion: number;
  /** Epoch milliseconds, as `expiresAt`. */
  readonly signedAt: number;
  readonly expiresAt: number;
}

/** TUF 1.0.33 §4.3; with consistent snapshots (§6.2), so that a client never mixes two publishes. */
export function rootSigned({ keys, trust }: TrustPlan, edition: Edition): RootSigned {
  const { root, targets, snapshot, timestamp } = trust;
  return {
    ...common("root", edition),
    consistent_snapshot: true,
    keys: keysOf(keys, [root, targets, snapshot, timestamp]),
    roles: {
      root: roleKeys(root),
      targets: roleKeys(targets),
      snapshot: roleKeys(snapshot),
      timestamp: roleKeys(timestamp),
    },
  };
}

type Bins = Pick<NewTufRepository, "keys" | "trust" | "bitLength" | "namePrefix" | "binsByPrefix">;

/** What delegates everything to the bins, with no targets of its own: the catch-all role, or `targets` itself. */
export function binsDelegated(repository: Bins, edition: Edition): TargetsSigned {
  return delegatedTo(repository, repository.trust.bins, repository, edition);
}

/** As succinct roles (TAP 15), or listed with hash prefixes. */
function delegatedTo(
  bins: HashBins,
  trust: RoleTrust,
  { keys, binsByPrefix = false }: Pick<NewTufRepository, "keys" | "binsByPrefix">,
  edition: Edition,
): TargetsSigned {
  const succinct = { ...roleKeys(trust), bit_length: bins.bitLength, name_prefix: bins.namePrefix };
  const stated = binsByPrefix ? { roles: listedAs(bins, trust) } : { succinct_roles: succinct };
  return { ...common("targets", edition), targets: {}, delegations: { keys: keysOf(keys, [trust]), ...stated } };
}

/** A role as the one that delegates to it states it, with its keys. */
export interface StatedRole {
  readonly role: DelegatedRole;
  readonly keys: TufRepository["keys"];
}

/** A custom role as it is kept. */
export function statedRole(
  { keys, trust }: Pick<TufRepository, "keys" | "trust">,
  { name, paths, terminating }: CustomRole,
): StatedRole {
  const own = trustOf(trust, name);
  return { role: { ...roleKeys(own), name, terminating, paths }, keys: keysOf(keys, [own]) };
}

/**
 * The top-level targets role: no targets of its own. Custom roles come in the order in which clients ask them, and last a
 * catch-all for every path, with the keys of the bins, which are below it; without custom roles the bins come directly.
 */
export function targetsSigned(bins: Bins, edition: Edition, stated: readonly StatedRole[] = []): TargetsSigned {
  if (stated.length === 0) return binsDelegated(bins, edition);
  const { keys, trust } = bins;
  const catchAll = { name: catchAllName(bins), terminating: false, path_hash_prefixes: [..."0123456789abcdef"] };
  const last = { role: { ...roleKeys(trust.bins), ...catchAll }, keys: keysOf(keys, [trust.bins]) };
  return { ...common("targets", edition), targets: {}, delegations: listing([...stated, last]) };
}

/**
 * A custom role: the bins below it, which its own keys sign; or its targets, and the roles that it delegates to as they are
 * kept, in the order in which clients ask them.
 */
export function customRoleSigned(
  repository: Pick<TufRepository, "keys" | "trust" | "customRoles" | "binsByPrefix">,
  role: CustomRole,
  targets: ReadonlyMap<string, Target>,
  edition: Edition,
): TargetsSigned {
  const { trust, customRoles } = repository;
  const bins = binsBelow(role);
  if (bins !== undefined) return delegatedTo(bins, trustOf(trust, role.name), repository, edition);
  const own = binSigned(targets, edition);
  const stated = delegatedBy(customRoles, role.name).map((below) => statedRole(repository, below));
  return stated.length === 0 ? own : { ...own, delegations: listing(stated) };
}

function listing(stated: readonly StatedRole[]): NonNullable<TargetsSigned["delegations"]> {
  return {
    keys: Object.assign({}, ...stated.map(({ keys }) => keys)) as TufRepository["keys"],
    roles: stated.map(({ role }) => role),
  };
}

/** A bin, or a custom role that delegates to nobody (TUF 1.0.33 §4.5). */
export function binSigned(targets: ReadonlyMap<string, Target>, edition: Edition): TargetsSigned {
  const entries = Array.from(targets, ([path, target]) => [path, targetEntry(path, target)] as const);
  return { ...common("targets", edition), targets: Object.fromEntries(entries) };
}

/** TUF 1.0.33 §4.4, with nothing listed: the text of `meta` comes from a `SnapshotHead`. */
export function snapshotEnvelope(edition: Edition): SnapshotSigned {
  return { ...common("snapshot", edition), meta: {} };
}

/** TUF 1.0.33 §4.6. Always with `length`: clients refuse a large snapshot that nobody announced. */
export function timestampSigned(
  { metadataVersion, length, sha256 }: Pick<MetadataFile, "metadataVersion" | "length" | "sha256">,
  edition: Edition,
): TimestampSigned {
  const snapshot = { version: metadataVersion, length, hashes: { sha256 } };
  return { ...common("timestamp", edition), meta: { "snapshot.json": snapshot } };
}

function common<T extends string>(type: T, { metadataVersion, expiresAt }: Edition) {
  return { _type: type, spec_version: SPEC_VERSION, version: metadataVersion, expires: formatExpires(expiresAt) };
}

/** Checked when it was accepted, and once more: one that clients cannot read would take the whole file from them. */
function targetEntry(path: string, target: Target): TargetEntry {
  if (!isReadable(target)) throw corrupt(`target "${shownPath(path)}" has a length or hash that no client reads`);
  const { length, sha256, custom } = target;
  return { length, hashes: { sha256 }, ...(custom === undefined ? {} : { custom }) };
}

function roleKeys({ keyIds, threshold }: RoleTrust) {
  return { keyids: keyIds, threshold };
}

/** Only keys that one of the roles uses: a revoked key does not stay behind in metadata. */
function keysOf(keys: TufRepository["keys"], roles: readonly RoleTrust[]): TufRepository["keys"] {
  const used = new Set(roles.flatMap(({ keyIds }) => keyIds));
  return Object.fromEntries(Object.entries(keys).filter(([keyId]) => used.has(keyId)));
}
