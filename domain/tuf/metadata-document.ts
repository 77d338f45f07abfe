import type { JsonObject } from "./json.js";
import type { TufKey } from "./key.js";

/** `_type` of a document; bins are of type `targets`. */
export type MetadataType = "root" | "targets" | "snapshot" | "timestamp";

/** What every signed object begins with (TUF 1.0.33 §4.2.1). */
type Common<T extends MetadataType> = {
  readonly _type: T;
  readonly spec_version: string;
  /** The TUF number of this document: `metadataVersion` everywhere else. */
  readonly version: number;
  /** `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly expires: string;
};

type RoleKeys = { readonly keyids: readonly string[]; readonly threshold: number };

/** TUF 1.0.33 §4.3. */
export type RootSigned = Common<"root"> & {
  readonly consistent_snapshot: boolean;
  readonly keys: { readonly [keyId: string]: TufKey };
  readonly roles: { readonly [role in MetadataType]: RoleKeys };
};

/** TAP 15. */
export type SuccinctRoles = RoleKeys & { readonly bit_length: number; readonly name_prefix: string };

/** One of the delegations that are no succinct roles; exactly one of the last two. */
export type DelegatedRole = RoleKeys & {
  readonly name: string;
  readonly terminating: boolean;
  readonly paths?: readonly string[];
  /** Hexadecimal beginnings of the SHA-256 of paths. */
  readonly path_hash_prefixes?: readonly string[];
};

export type TargetEntry = {
  readonly length: number;
  readonly hashes: { readonly [algorithm: string]: string };
  readonly custom?: JsonObject;
};

/** TUF 1.0.33 §4.5; bins have no delegations. */
export type TargetsSigned = Common<"targets"> & {
  readonly targets: { readonly [path: string]: TargetEntry };
  readonly delegations?: {
    readonly keys: { readonly [keyId: string]: TufKey };
    readonly succinct_roles?: SuccinctRoles;
    /** Never beside succinct roles. */
    readonly roles?: readonly DelegatedRole[];
  };
};

export type MetaEntry = {
  readonly version: number;
  readonly length?: number;
  readonly hashes?: { readonly [algorithm: string]: string };
};

/** TUF 1.0.33 §4.4: `targets.json` and every delegated role. */
export type SnapshotSigned = Common<"snapshot"> & { readonly meta: { readonly [fileName: string]: MetaEntry } };

/** TUF 1.0.33 §4.6: `snapshot.json` only. */
export type TimestampSigned = Common<"timestamp"> & { readonly meta: { readonly "snapshot.json": MetaEntry } };

export type Signed = {
  root: RootSigned;
  targets: TargetsSigned;
  snapshot: SnapshotSigned;
  timestamp: TimestampSigned;
};

export type Signature = {
  readonly keyid: string;
  /** Hexadecimal. */
  readonly sig: string;
};

/** A metadata file as read. */
export interface MetadataDocument<T extends MetadataType> {
  readonly signed: Signed[T];
  /** `signed` as canonical bytes, unknown fields included: what the signatures are over. */
  readonly signedBytes: Uint8Array;
  readonly signatures: readonly Signature[];
}
