import { TufError } from "../../domain/tuf/errors.js";
import type { CustomRole } from "../../domain/tuf/custom-role.js";
import type { NewTufRepository } from "../../domain/tuf/repository.js";
import type { SigningEvent } from "../../domain/tuf/signing-event.js";
import type { KeptTrust, TrustByRole } from "../../domain/tuf/trust.js";
import type { Target } from "../../domain/tuf/target.js";
import type { NewRole, RaisedEntry, RoleKind, SignedFile, StoredFile } from "../../domain/tuf/tuf-store.js";

/** A row of `tuf_role`, with its targets. */
export interface RoleRow {
  readonly name: string;
  kind: RoleKind;
  /** Whose targets it may hold: "" is the repository's bins, else a custom role's name. */
  space: string;
  range: NewRole["range"];
  version: number;
  signedVersion: number;
  /** The record version that the last change of the role's trust made. */
  trustSince: number;
  metadataVersion: number;
  expiresAt: number;
  readonly targets: Map<string, Target>;
}

/** A row of `tuf_snapshot_head`. */
export interface HeadRow {
  metadataVersion: number;
  /** The snapshot that raised the entry last. */
  snapshotVersion: number;
}

/** A row of `tuf_file`. */
export type FileRow = StoredFile;

/** All rows of one repository. */
export interface RepositoryRows {
  /** Replaced as a whole when trust changes. */
  repository: NewTufRepository;
  customRoles: readonly CustomRole[];
  readonly roles: Map<string, RoleRow>;
  /** By `fileKey`. */
  readonly files: Map<string, FileRow>;
  readonly head: Map<string, HeadRow>;
  /** By snapshot version, then by role. */
  readonly differences: Map<number, ReadonlyMap<string, RaisedEntry>>;
  readonly pending: Map<string, number>;
  /** By number. */
  readonly events: Map<number, SigningEvent>;
  readonly revoked: Set<string>;
  exported: { root: number; snapshot: number; timestamp: number };
}

/** The database that the twins share: several stores over one state act like several processes over one server. */
export class TufState {
  readonly repositories = new Map<string, RepositoryRows>();
}

/** `(role, metadataVersion)` as a key; role names hold no slash. */
export function fileKey(role: string, metadataVersion: number): string {
  return `${role}/${metadataVersion}`;
}

/** The repository with other trust, and the keys that it names. */
export function trusting(repository: NewTufRepository, trust: Readonly<Record<string, KeptTrust>>): NewTufRepository {
  const named = new Set(Object.values(trust).flatMap(({ keyIds, retiring }) => [...keyIds, ...retiring]));
  const used = Object.entries(repository.keys).filter(([keyId]) => named.has(keyId));
  return { ...repository, keys: Object.fromEntries(used), trust: trust as TrustByRole<KeptTrust> };
}

export function rowsOf(state: TufState, repository: string): RepositoryRows {
  const rows = state.repositories.get(repository);
  if (rows === undefined) throw new TufError("REPOSITORY_NOT_FOUND", `no repository ${repository}`);
  return rows;
}

export function roleRow(rows: RepositoryRows, name: string): RoleRow {
  const role = rows.roles.get(name);
  if (role === undefined) throw new TufError("UNKNOWN_ROLE", `repository ${rows.repository.name} has no role ${name}`);
  return role;
}

/** The compare half: the file comes directly after what is there, and nobody has made that version. */
export function follows(rows: RepositoryRows, file: SignedFile, from = file.metadataVersion - 1): boolean {
  const { metadataVersion } = roleRow(rows, file.role);
  return metadataVersion === from && !rows.files.has(fileKey(file.role, file.metadataVersion));
}

/** The set half. */
export function insertVersion(rows: RepositoryRows, file: SignedFile): void {
  rows.files.set(fileKey(file.role, file.metadataVersion), stored(file));
  const role = roleRow(rows, file.role);
  role.metadataVersion = file.metadataVersion;
  role.expiresAt = file.expiresAt;
}

export function stored({ role, metadataVersion, sha256, length, bytes, signedAt }: SignedFile): FileRow {
  return { role, metadataVersion, sha256, length, bytes: Uint8Array.from(bytes), storedAt: signedAt };
}
