import type { TufKey } from "./key.js";
import type { Signature } from "./metadata-document.js";
import type { NewSigningEvent, SigningEvent } from "./signing-event.js";
import type { CustomRole } from "./custom-role.js";
import type { KeptTrust } from "./trust.js";
import type { CommitOutcome, RoleRecord, SignedFile } from "./tuf-store.js";

/** New trust of one role: follows directly on the version that is kept. */
export interface TrustUpdate {
  readonly role: string;
  readonly trust: KeptTrust;
  /** By id: every key that `trust` names. */
  readonly keys: Readonly<Record<string, TufKey>>;
}

/** Names what was kept of a role's trust at some time. */
export interface TrustVersion extends Pick<KeptTrust, "version"> {
  readonly role: string;
}

/** A role that `targets` delegates to beside the bins, or that these are below. */
export interface DelegatedName {
  readonly name: string;
  readonly kind: "custom" | "catch-all";
  /** Of a custom role with bins below it: they come and go with it. */
  readonly bitLength?: number;
}

/** Other custom roles than before. */
export interface DelegationCommit {
  /** The record version of `targets` that the change starts from. */
  readonly follows: number;
  /** All custom roles afterwards, in their order. */
  readonly roles: readonly CustomRole[];
  /** Roles that come: those of `roles` that were not there, and the catch-all with the first of them. */
  readonly added: readonly DelegatedName[];
  /** Roles that go: likewise. */
  readonly retired: readonly DelegatedName[];
  /** Whether the targets of roles that go may go with them. */
  readonly withTargets: boolean;
  /** Trust of custom roles: of those that come at version 1, of others as it follows on what is kept. */
  readonly updates: readonly TrustUpdate[];
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
 * Port: who may sign what, the custom roles, and the metadata that awaits signatures. As in `TufStore`, each method is one
 * short transaction, the compare-and-set is the only protection, and all but `revokedKeys` throw REPOSITORY_NOT_FOUND.
 */
export interface TrustStore {
  /**
   * Opens a signing event for the version that follows on the role's newest.
   * @returns its number; "occupied" where one is open for the role; "stale" where the newest is another one, so that what
   *   was proposed could never be committed
   */
  openEvent(repository: string, event: NewSigningEvent): Promise<number | "occupied" | "stale">;

  /** An event with its signatures, in the order of their key ids; `undefined` where there is none of that number. */
  signingEvent(repository: string, number: number): Promise<SigningEvent | undefined>;

  /** The event that is open for a role, if one is. */
  openEventOf(repository: string, role: string): Promise<SigningEvent | undefined>;

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
   * Changes the trust of bins: compares-and-sets its version, and makes dirty every bin, the catch-all, and `targets`, which
   * states it.
   */
  commitBinsTrust(repository: string, update: TrustUpdate): Promise<CommitOutcome>;

  /**
   * Whether a bin has yet to be signed under the trust that is kept: then what delegates to it must not state that.
   * @param above the custom role that the bins are below; those of the repository by default
   */
  areBinsBehind(repository: string, above?: string): Promise<boolean>;

  /**
   * Changes the custom roles: compares-and-sets the record version of `targets`, which becomes dirty by it. Roles that come
   * or whose trust changes are to be signed anew (`signedVersion < trustSince`), and events that were open for them are
   * cancelled. A role that comes back goes on above its metadata version.
   * @throws {TufError} ROLE_NOT_EMPTY where a role that goes holds targets, unless `withTargets`
   */
  commitDelegations(repository: string, commit: DelegationCommit): Promise<CommitOutcome>;

  /** The custom roles and the catch-all, as one consistent read, in no special order. */
  delegatedRoles(repository: string): Promise<readonly RoleRecord[]>;

  /**
   * The newest root that may be published: the committed one, unless targets, snapshot or timestamp have yet to be signed
   * under the trust that it states (clients would refuse them); then the one that is published. 0: none is signed.
   */
  releasedRoot(repository: string): Promise<number>;

  /** Trust that is kept as `UNPUBLISHED`, and by what is recorded as exported is published: see `isTrustPublished`. */
  publishedTrust(repository: string): Promise<readonly TrustVersion[]>;

  /**
   * Says when transitions end that had no end; trust that has changed since, or whose transition has one, is left as it is.
   * @param transitionEnds epoch milliseconds
   */
  endTransitions(repository: string, published: readonly TrustVersion[], transitionEnds: number): Promise<void>;

  /** Remembers that a key may never speak for any role again. */
  revokeKey(repository: string, keyId: string): Promise<void>;

  revokedKeys(repository: string): Promise<ReadonlySet<string>>;
}
