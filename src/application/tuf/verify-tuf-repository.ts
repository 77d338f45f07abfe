import { searchOrder } from "../../../domain/tuf/custom-role.js";
import { binCount, binNames, binOf } from "../../../domain/tuf/hash-bins.js";
import type {
  DelegatedRole,
  MetaEntry,
  SuccinctRoles,
  TargetEntry,
  TargetsSigned,
} from "../../../domain/tuf/metadata-document.js";
import type { Delegation } from "../../../domain/tuf/threshold.js";
import { delegated, TrustedReader, unverified, type VerifyPorts } from "./import/trusted-reader.js";

/** One target as the published metadata states it. */
export interface PublishedTarget {
  readonly path: string;
  /** The bin or the custom role that holds it. */
  readonly bin: string;
  readonly target: TargetEntry;
}

/** What was verified on the way. */
export interface VerifyReport {
  readonly rootVersion: number;
  readonly snapshotVersion: number;
  readonly timestampVersion: number;
  /** Those below custom roles too. */
  readonly bins: number;
  readonly customRoles: number;
  /** Those that clients find. */
  readonly targets: number;
  /** Those that no client finds, because it asks another role first (one that has the path too, or is terminating) or not this. */
  readonly hidden: number;
}

/**
 * Reads the published files as a client does that wants everything: root by root, timestamp, snapshot, targets, every custom
 * role, every bin (TUF 1.0.33 §5.3 to §5.6), and yields all targets that clients find. Versions, lengths, hashes, signatures,
 * expiry, and that each path is in its role are checked. One bin is in memory at a time, and the paths of custom roles.
 * @param now epoch milliseconds; metadata that has expired by then fails
 * @throws {TufError} UNVERIFIED_METADATA, INVALID_METADATA
 */
export async function* verifyTufRepository(
  ports: VerifyPorts,
  now: number,
): AsyncGenerator<PublishedTarget, VerifyReport> {
  const reader = new TrustedReader(ports, now);
  const { signed: root } = await reader.newestRoot();
  const { signed: timestamp } = await reader.timestamp(root);
  const { signed: snapshot } = await reader.listed(
    "snapshot",
    "snapshot",
    timestamp.meta["snapshot.json"],
    delegated(root, "snapshot"),
  );
  const read = async (role: string, delegation: Delegation): Promise<TargetsSigned> => {
    const { signed } = await reader.listed("targets", role, entry(snapshot.meta, role), delegation);
    return signed;
  };

  const top = await read("targets", delegated(root, "targets"));
  const { custom, succinct, keys } = await delegationsOf(top, read);
  const found = new FoundTargets(custom);
  async function* binsOf(bins: SuccinctRoles, binKeys: Delegation["keys"], above?: string) {
    const hashBins = { bitLength: bins.bit_length, namePrefix: bins.name_prefix };
    for (const bin of binNames(hashBins)) {
      const { targets } = await read(bin, { ...bins, keys: binKeys });
      for (const [path, target] of Object.entries(targets)) {
        if (binOf(hashBins, ports.codec.pathDigest(path)) !== bin)
          throw unverified(`${bin} holds a path of another bin`);
        if (found.isFoundIn(above, path)) yield { path, bin, target };
      }
    }
    return binCount(hashBins);
  }
  let bins = 0;
  for (const role of custom) {
    const { targets, delegations } = await read(role.name, { ...role, keys: top.delegations?.keys ?? {} });
    for (const [path, target] of Object.entries(targets)) {
      if (found.isFoundIn(role.name, path)) yield { path, bin: role.name, target };
    }
    const { succinct_roles: below } = delegations ?? {};
    if (below !== undefined) bins += yield* binsOf(below, delegations?.keys ?? {}, role.name);
  }
  bins += yield* binsOf(succinct, keys);
  return {
    rootVersion: root.version,
    snapshotVersion: snapshot.version,
    timestampVersion: timestamp.version,
    bins,
    customRoles: custom.length,
    targets: found.targets,
    hidden: found.hidden,
  };
}

type CustomDelegation = DelegatedRole & { readonly paths: readonly string[] };

/** What `targets` delegates: everything to the bins, or some paths to custom roles and the rest to the bins below the last. */
async function delegationsOf(
  { delegations }: TargetsSigned,
  read: (role: string, delegation: Delegation) => Promise<TargetsSigned>,
): Promise<{ custom: readonly CustomDelegation[]; succinct: SuccinctRoles; keys: Delegation["keys"] }> {
  const { keys = {}, roles = [] } = delegations ?? {};
  const last = roles.at(-1);
  if (last === undefined) return { custom: [], succinct: succinctRoles(delegations?.succinct_roles), keys };
  const custom = roles.slice(0, -1).map((role): CustomDelegation => {
    if (role.paths === undefined) throw unverified(`${role.name} is delegated to by no path patterns`);
    return { ...role, paths: role.paths };
  });
  const { delegations: below } = await read(last.name, { ...last, keys });
  return { custom, succinct: succinctRoles(below?.succinct_roles), keys: below?.keys ?? {} };
}

/** Counts targets as a client meets them that searches in pre-order (TUF 1.0.33 §5.6.7). Roles come in their order. */
class FoundTargets {
  targets = 0;
  hidden = 0;
  readonly #known = new Set<string>();

  constructor(private readonly custom: readonly CustomDelegation[]) {}

  /**
   * @param role a custom role's name; none for a bin
   */
  isFoundIn(role: string | undefined, path: string): boolean {
    const { roles, bins } = searchOrder(this.custom, path);
    const isAsked = role === undefined ? bins : roles.some(({ name }) => name === role);
    const isFound = isAsked && !this.#known.has(path);
    if (role !== undefined) this.#known.add(path);
    if (isFound) this.targets += 1;
    else this.hidden += 1;
    return isFound;
  }
}

function entry(meta: Readonly<Record<string, MetaEntry>>, role: string): MetaEntry {
  const found = Object.hasOwn(meta, `${role}.json`) ? meta[`${role}.json`] : undefined;
  if (found === undefined) throw unverified(`the snapshot does not list ${role}.json`);
  return found;
}

function succinctRoles(succinct: SuccinctRoles | undefined): SuccinctRoles {
  if (succinct === undefined) throw unverified("targets delegates to no hash bins");
  return succinct;
}
