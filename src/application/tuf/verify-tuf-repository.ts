import { binCount, binNames, binOf } from "../../../domain/tuf/hash-bins.js";
import type { DelegatedRole, MetaEntry, TargetEntry, TargetsSigned } from "../../../domain/tuf/metadata-document.js";
import { type StatedBins, statedBins } from "../../../domain/tuf/prefix-bins.js";
import { isWithinLimit, searchOrder } from "../../../domain/tuf/role-search.js";
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
  /**
   * Those that no client finds, because it asks another role first (one that has the path too, or is terminating), or not this, or
   * too many before.
   */
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
  const custom = [...customBelow(top)];
  const found = new FoundTargets(custom);
  async function* binsOf({ bins, trust }: StatedBins, { delegations }: TargetsSigned, above?: string) {
    const delegation = { keyids: trust.keyIds, threshold: trust.threshold, keys: delegations?.keys ?? {} };
    for (const bin of binNames(bins)) {
      const { targets } = await read(bin, delegation);
      for (const [path, target] of Object.entries(targets)) {
        if (binOf(bins, ports.codec.pathDigest(path)) !== bin) throw unverified(`${bin} holds a path of another bin`);
        if (found.isFoundIn({ role: above, isBin: true }, path)) yield { path, bin, target };
      }
    }
    return binCount(bins);
  }
  let bins = 0;
  // Who is below a role comes directly after it, once that is read.
  for (let index = 0; index < custom.length; index++) {
    const role = custom[index]!;
    const signed = await read(role.name, role);
    const below = signed.delegations && statedBins(signed.delegations);
    if (below === undefined) custom.splice(index + 1, 0, ...customBelow(signed, role.name));
    for (const [path, target] of Object.entries(signed.targets)) {
      if (found.isFoundIn({ role: role.name, isBin: false }, path)) yield { path, bin: role.name, target };
    }
    if (below !== undefined) bins += yield* binsOf(below, signed, role.name);
  }
  const delegating = await aboveBins(top, read);
  bins += yield* binsOf(requiredBins(delegating), delegating);
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

type CustomDelegation = DelegatedRole & Delegation & { readonly paths: readonly string[]; readonly above?: string };

/** The roles that metadata delegates to by path patterns. */
function customBelow({ delegations }: TargetsSigned, above?: string): readonly CustomDelegation[] {
  const { keys = {}, roles = [] } = delegations ?? {};
  return roles.flatMap((role) => {
    const { paths } = role;
    return paths === undefined ? [] : [{ ...role, paths, keys, ...(above === undefined ? {} : { above }) }];
  });
}

/** What delegates to the bins: `targets`, or, beside custom roles, the last role that it delegates to. */
async function aboveBins(
  targets: TargetsSigned,
  read: (role: string, delegation: Delegation) => Promise<TargetsSigned>,
): Promise<TargetsSigned> {
  const { keys = {}, roles = [] } = targets.delegations ?? {};
  const prefixed = roles.filter(({ paths }) => paths === undefined);
  const [catchAll, ...others] = prefixed;
  return catchAll === undefined || others.length > 0 ? targets : read(catchAll.name, { ...catchAll, keys });
}

function requiredBins({ delegations }: TargetsSigned): StatedBins {
  const stated = delegations && statedBins(delegations);
  if (stated === undefined) throw unverified("targets delegates to no hash bins");
  return stated;
}

/** Counts targets as a client meets them that searches in pre-order (TUF 1.0.33 §5.6.7). Roles come in their order. */
class FoundTargets {
  targets = 0;
  hidden = 0;
  readonly #known = new Set<string>();

  /**
   * @param custom those that are known so far: of the ones before the role that is asked about, all
   */
  constructor(private readonly custom: readonly CustomDelegation[]) {}

  /**
   * @param holder `role`: a custom role's name; none for bins that are below none
   */
  isFoundIn({ role, isBin }: { readonly role: string | undefined; readonly isBin: boolean }, path: string): boolean {
    const search = searchOrder(this.custom, path);
    const { roles, end } = search;
    const isAsked = role === undefined ? end === undefined : roles.some(({ name }) => name === role);
    const isFound = isAsked && isWithinLimit(search, role, isBin) && !this.#known.has(path);
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
