import type { Signature } from "../../domain/tuf/metadata-document.js";
import type { NewSigningEvent, SigningEvent } from "../../domain/tuf/signing-event.js";
import type { RootCommit, TrustStore, TrustUpdate } from "../../domain/tuf/trust-store.js";
import type { CommitOutcome } from "../../domain/tuf/tuf-store.js";
import {
  follows,
  insertVersion,
  roleRow,
  type RepositoryRows,
  type RoleRow,
  rowsOf,
  type TufState,
} from "./tuf-state.js";

/** In-memory twin of the port: each method runs within one tick, which is its transaction. */
export class MemoryTrustStore implements TrustStore {
  constructor(private readonly state: TufState) {}

  async openEvent(repository: string, event: NewSigningEvent): Promise<number | "occupied" | "stale"> {
    const rows = rowsOf(this.state, repository);
    const { events } = rows;
    if (roleRow(rows, event.role).metadataVersion !== event.metadataVersion - 1) return "stale";
    if (openOf(events) !== undefined) return "occupied";
    const number = events.size + 1;
    events.set(number, openEvent(number, event));
    return number;
  }

  async signingEvent(repository: string, number: number): Promise<SigningEvent | undefined> {
    return structuredClone(rowsOf(this.state, repository).events.get(number));
  }

  async openRootEvent(repository: string): Promise<SigningEvent | undefined> {
    return structuredClone(openOf(rowsOf(this.state, repository).events));
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
    return close(rowsOf(this.state, repository), number, "cancelled");
  }

  async commitRoot(repository: string, { file, updates, event, follows: from }: RootCommit): Promise<CommitOutcome> {
    const rows = rowsOf(this.state, repository);
    if (!follows(rows, file, from) || !updates.every((update) => isNext(rows, update))) return "stale";
    const number = event ?? openOf(rows.events)?.number;
    const closed =
      number === undefined ? "applied" : close(rows, number, event === undefined ? "cancelled" : "finalised");
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
    for (const role of rows.roles.values()) if (role.kind === "bin") distrust(role);
    roleRow(rows, "targets").version += 1;
    return "applied";
  }

  async areBinsBehind(repository: string): Promise<boolean> {
    return [...rowsOf(this.state, repository).roles.values()].some((role) => role.kind === "bin" && isBehind(role));
  }

  async releasedRoot(repository: string): Promise<number> {
    const rows = rowsOf(this.state, repository);
    const stating = ["targets", "snapshot", "timestamp"].map((role) => roleRow(rows, role));
    const isHeld = stating.some(isBehind) || rows.pending.has("targets");
    return isHeld ? rows.exported.root : roleRow(rows, "root").metadataVersion;
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

function openOf(events: ReadonlyMap<number, SigningEvent>): SigningEvent | undefined {
  return [...events.values()].find(({ state }) => state === "open");
}

function close({ events }: RepositoryRows, number: number, state: "finalised" | "cancelled"): CommitOutcome {
  const event = events.get(number);
  if (event?.state !== "open") return "stale";
  events.set(number, { ...event, state });
  return "applied";
}

function isNext({ repository }: RepositoryRows, { role, trust }: TrustUpdate): boolean {
  return repository.trust[role].version === trust.version - 1;
}

function keepTrust(rows: RepositoryRows, { role, trust, keys }: TrustUpdate): void {
  const { repository } = rows;
  const all = { ...repository.trust, [role]: structuredClone(trust) };
  const known: typeof keys = { ...repository.keys, ...structuredClone(keys) };
  const named = new Set(Object.values(all).flatMap(({ keyIds, retiring }) => [...keyIds, ...retiring]));
  const used = Object.fromEntries(Object.entries(known).filter(([keyId]) => named.has(keyId)));
  rows.repository = { ...repository, keys: used, trust: all };
}

function distrust(role: RoleRow): void {
  role.version += 1;
  role.trustSince = role.version;
}

function isBehind({ signedVersion, trustSince }: RoleRow): boolean {
  return signedVersion < trustSince;
}
