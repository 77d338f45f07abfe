import type { TufKey } from "./key.js";
import type { Signature } from "./metadata-document.js";
import type { NewSigningEvent, SigningEvent } from "./signing-event.js";
import type { KeptTrust, TrustedRole } from "./trust.js";
import type { CommitOutcome, SignedFile } from "./tuf-store.js";

/** New trust of one role: follows directly on the version that is kept. */
export interface TrustUpdate {
  readonly role: TrustedRole;
  readonly trust: KeptTrust;
  /** By id: every key that `trust` names. */
  readonly keys: Readonly<Record<string, TufKey>>;
}

/** A root that every authority has signed. */
export interface RootCommit {
  readonly file: SignedFile;
  /** The roles whose trust this root changes. */
  readonly updates: readonly TrustUpdate[];
  /** The event that collected its signatures; where there was none, an open one is cancelled: its version is taken. */
  readonly event: number | undefined;
  /** The root version that is current; by default the one before the file's. 0 opens an imported repository. */
  readonly follows?: number;
}

/**
 * Port: who may sign what, and the roots that await signatures. As in `TufStore`, each method is one short transaction,
 * the compare-and-set is the only protection, and all but `revokedKeys` throw REPOSITORY_NOT_FOUND.
 */
export interface TrustStore {
  /**
   * Opens a signing event for the version that follows on the newest root.
   * @returns its number; "occupied" where one is open for the role; "stale" where the newest root is another one, so that
   *   what was proposed could never be committed
   */
  openEvent(repository: string, event: NewSigningEvent): Promise<number | "occupied" | "stale">;

  /** An event with its signatures, in the order of their key ids; `undefined` where there is none of that number. */
  signingEvent(repository: string, number: number): Promise<SigningEvent | undefined>;

  /** The event that is open for root, if one is. */
  openRootEvent(repository: string): Promise<SigningEvent | undefined>;

  /** Adds one signature as a row of its own: signers never wait for each other. */
  addSignature(repository: string, number: number, signature: Signature): Promise<"added" | "duplicate">;

  /** Gives an open event up; `"stale"` where it is not open. */
  cancelEvent(repository: string, number: number): Promise<CommitOutcome>;

  /**
   * Makes a root the newest: compares-and-sets root's `metadataVersion`, closes the event, inserts the file, writes the
   * trust that changes and makes the roles dirty whose trust it is. Exactly one of several callers applies it.
   */
  commitRoot(repository: string, commit: RootCommit): Promise<CommitOutcome>;

  /**
   * Changes the trust of bins: compares-and-sets its version, and makes every bin dirty, and `targets`, which states it.
   */
  commitBinsTrust(repository: string, update: TrustUpdate): Promise<CommitOutcome>;

  /** Whether a bin has yet to be signed under the trust of bins that is kept: then `targets` must not state it. */
  areBinsBehind(repository: string): Promise<boolean>;

  /**
   * The newest root that may be published: the committed one, unless targets, snapshot or timestamp have yet to be signed
   * under the trust that it states (clients would refuse them); then the one that is published. 0: none is signed.
   */
  releasedRoot(repository: string): Promise<number>;

  /** Remembers that a key may never speak for any role again. */
  revokeKey(repository: string, keyId: string): Promise<void>;

  revokedKeys(repository: string): Promise<ReadonlySet<string>>;
}
