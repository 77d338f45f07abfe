import type { TufRepository } from "../../domain/tuf/repository.js";
import type { Target } from "../../domain/tuf/target.js";
import type { MetadataFile, RoleKind } from "../../domain/tuf/tuf-store.js";

/** A row of `tuf_role`, with its targets. */
export interface RoleRow {
  readonly name: string;
  readonly kind: RoleKind;
  version: number;
  signedVersion: number;
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

/** All rows of one repository. */
export interface RepositoryRows {
  readonly repository: TufRepository;
  readonly roles: Map<string, RoleRow>;
  /** By `fileKey`. */
  readonly files: Map<string, MetadataFile>;
  readonly head: Map<string, HeadRow>;
  readonly pending: Map<string, number>;
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
