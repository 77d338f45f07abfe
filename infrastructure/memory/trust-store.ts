import type { Signature } from "../../domain/tuf/metadata-document.js";
import type { NewSigningEvent, SigningEvent } from "../../domain/tuf/signing-event.js";
import type {
  DelegationCommit,
  RootCommit,
  TrustStore,
  TrustUpdate,
  TrustVersion,
} from "../../domain/tuf/trust-store.js";
import { isTrustPublished } from "../../domain/tuf/published-trust.js";
import { type KeptTrust, UNPUBLISHED } from "../../domain/tuf/trust.js";
import type { CommitOutcome, RoleRecord } from "../../domain/tuf/tuf-store.js";
import { addRole, binsOf, checkEmpty, retireRole } from "./custom-roles.js";
import {
  follows,
  insertVersion,
  roleRow,
  type RepositoryRows,
  type RoleRow,
  rowsOf,
  trusting,
  type TufState,
} from "./tuf-state.js";

/** In-memory twin of the port: each method runs within one tick, which is its transaction. */
export class MemoryTrustStore implements TrustStore {
  constructor(private readonly state: TufState) {}

  async openEvent(repository: string, event: NewSigningEvent): Promise<number | "occupied" | "stale"> {
    const rows = rowsOf(this.state, repository);
    const { events } = rows;
    if (roleRow(rows, event.role).metadataVersion !== event.metadataVersion - 1) return "stale";
    if (openOf(events, event.role) !== undefined) return "occupied";
    const number = events.size + 1;
    events.set(number, openEvent(number, event));
    return number;
  }

  async signingEvent(repository: string, number: number): Promise<SigningEvent | undefined> {
    return structuredClone(rowsOf(this.state, repository).events.get(number));
  }

  async openEventOf(repository: string, role: string): Promise<SigningEvent | undefined> {
    return structuredClone(openOf(rowsOf(this.state, repository).events, role));
  }

  async addSignature(repository: string, number: number, signature: Signature): Promise<"added" | "duplicate"> {
    const { events } = rowsOf(this.state, repository);
    const event = events.get(number);
    if (event === undefined || event.signatures.some(({ keyid }) => keyid === signature.keyid)) return "duplicate";
    const signatures = [...event.signatures, { ...signature }].sort((a, b) => (a.keyid < b.keyid ? -1 : 1));
    events.set(number, { ...event, signatures });
    return "added";
  }

  async cancelEvent(repository: string, number: number): Promise<CommitOutcome> {
    return closeEvent(rowsOf(this.state, repository), number, "cancelled");
  }

  async commitRoot(repository: string, { file, updates, event, follows: from }: RootCommit): Promise<CommitOutcome> {
    const rows = rowsOf(this.state, repository);
    if (!follows(rows, file, from) || !updates.every((update) => isNext(rows, update))) return "stale";
    const number = event ?? openOf(rows.events, "root")?.number;
    const closed =
      number === undefined ? "applied" : closeEvent(rows, number, event === undefined ? "cancelled" : "finalised");
    if (closed === "stale") return "stale";
    insertVersion(rows, file);
    for (const update of updates) {
      keepTrust(rows, update);
      // Root is signed by its ceremony alone.
      if (update.role !== "root") distrust(roleRow(rows, update.role));
    }
    return "applied";
  }

  async commitBinsTrust(repository: string, update: TrustUpdate): Promise<CommitOutcome> {
    const rows = rowsOf(this.state, repository);
    if (!isNext(rows, update)) return "stale";
    keepTrust(rows, update);
    const stating = [...rows.roles.values()].filter(({ kind, space }) => kind === "catch-all" || isOwnBin(kind, space));
    for (const role of stating) distrust(role);
    roleRow(rows, "targets").version += 1;
    return "applied";
  }

  async areBinsBehind(repository: string, above = ""): Promise<boolean> {
    const roles = [...rowsOf(this.state, repository).roles.values()];
    return roles.some((role) => role.kind === "bin" && role.space === above && isBehind(role));
  }

  async commitDelegations(repository: string, commit: DelegationCommit): Promise<CommitOutcome> {
    const rows = rowsOf(this.state, repository);
    const targets = roleRow(rows, "targets");
    const { follows: version, roles, added, retired, withTargets, updates } = commit;
    const others = updates.filter(({ role }) => added.every(({ name }) => name !== role));
    if (targets.version !== version || !others.every((update) => isNext(rows, update))) return "stale";
    if (!withTargets) for (const { name } of retired) checkEmpty(rows, name);
    targets.version += 1;
    rows.customRoles = structuredClone(roles);
    for (const role of added) addRole(rows, role);
    for (const update of updates) {
      keepTrust(rows, update);
      if (others.includes(update)) for (const role of withBins(rows, update.role)) distrust(role);
      cancelOpen(rows, update.role);
    }
    for (const role of retired) {
      retireRole(rows, role);
      cancelOpen(rows, role.name);
    }
    return "applied";
  }

  async delegatedRoles(repository: string): Promise<readonly RoleRecord[]> {
    const roles = [...rowsOf(this.state, repository).roles.values()];
    return roles
      .filter(({ kind }) => kind === "custom" || kind === "catch-all")
      .map(({ range: _, space: __, targets: ___, ...record }) => record);
  }

  async releasedRoot(repository: string): Promise<number> {
    const rows = rowsOf(this.state, repository);
    const stating = ["targets", "snapshot", "timestamp"].map((role) => roleRow(rows, role));
    const isHeld = stating.some(isBehind) || rows.pending.has("targets");
    return isHeld ? rows.exported.root : roleRow(rows, "root").metadataVersion;
  }

  async publishedTrust(repository: string): Promise<readonly TrustVersion[]> {
    const rows = rowsOf(this.state, repository);
    const stating = [...rows.roles.values()].map((role) => ({ ...role, isExported: isExported(rows, role) }));
    return Object.entries<KeptTrust>(rows.repository.trust)
      .filter(([, { transitionEnds }]) => transitionEnds === UNPUBLISHED)
      .filter(([role]) => isTrustPublished(role, stating, rows.customRoles))
      .map(([role, { version }]) => ({ role, version }));
  }

  async endTransitions(repository: string, published: readonly TrustVersion[], transitionEnds: number): Promise<void> {
    const rows = rowsOf(this.state, repository);
    for (const { role, version } of published) {
      const all: Readonly<Record<string, KeptTrust>> = rows.repository.trust;
      const kept = all[role];
      if (kept?.version !== version || kept.transitionEnds !== UNPUBLISHED) continue;
      rows.repository = trusting(rows.repository, { ...all, [role]: { ...kept, transitionEnds } });
    }
  }

  async revokeKey(repository: string, keyId: string): Promise<void> {
    rowsOf(this.state, repository).revoked.add(keyId);
  }

  async revokedKeys(repository: string): Promise<ReadonlySet<string>> {
    return new Set(this.state.repositories.get(repository)?.revoked);
  }
}

export function openEvent(number: number, event: NewSigningEvent): SigningEvent {
  return { ...structuredClone(event), number, state: "open", signatures: [] };
}

function openOf(events: ReadonlyMap<number, SigningEvent>, role: string): SigningEvent | undefined {
  return [...events.values()].find((event) => event.state === "open" && event.role === role);
}

function cancelOpen(rows: RepositoryRows, role: string): void {
  const open = openOf(rows.events, role);
  if (open !== undefined) closeEvent(rows, open.number, "cancelled");
}

export function closeEvent(
  { events }: RepositoryRows,
  number: number,
  state: "finalised" | "cancelled",
): CommitOutcome {
  const event = events.get(number);
  if (event?.state !== "open") return "stale";
  events.set(number, { ...event, state });
  return "applied";
}

function isNext({ repository }: RepositoryRows, { role, trust }: TrustUpdate): boolean {
  const kept: Readonly<Record<string, KeptTrust>> = repository.trust;
  return kept[role]?.version === trust.version - 1;
}

function keepTrust(rows: RepositoryRows, { role, trust, keys }: TrustUpdate): void {
  const { repository } = rows;
  const all = { ...repository.trust, [role]: structuredClone(trust) };
  rows.repository = trusting({ ...repository, keys: { ...repository.keys, ...structuredClone(keys) } }, all);
}

function withBins(rows: RepositoryRows, role: string): readonly RoleRow[] {
  return [roleRow(rows, role), ...binsOf(rows, role)];
}

/** Whether it is a bin of the repository, and of no custom role. */
function isOwnBin(kind: string, space: string): boolean {
  return kind === "bin" && space === "";
}

function isExported({ exported, head }: RepositoryRows, { name, kind, metadataVersion }: RoleRow): boolean {
  if (kind === "root") return metadataVersion <= exported.root;
  const entry = head.get(name);
  return entry !== undefined && entry.metadataVersion >= metadataVersion && entry.snapshotVersion <= exported.snapshot;
}

function distrust(role: RoleRow): void {
  role.version += 1;
  role.trustSince = role.version;
}

function isBehind({ signedVersion, trustSince }: RoleRow): boolean {
  return signedVersion < trustSince;
}
