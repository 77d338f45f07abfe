import { TufError } from "./errors.js";
import type { Signature } from "./metadata-document.js";
import type { SignatureVerifier } from "./signature-verifier.js";
import { type Authority, delegatedKey, isSignatureOf, signersOf } from "./threshold.js";

/**
 * Metadata that awaits signatures: a root, or a custom role whose keys people hold:
 *
 *     open ──(every authority's threshold is met)──> finalised
 *       └───(somebody gives it up)─────────────────> cancelled
 *
 * Signatures are rows of their own. They are added while it is open; one that was on its way when the threshold was met
 * is kept too, but is not in the file.
 */
export type SigningEventState = "open" | "finalised" | "cancelled";

export interface NewSigningEvent {
  readonly role: string;
  /** The role's record version that the payload was rendered from; 0 for root, whose record nobody edits. */
  readonly signedVersion: number;
  /** Of the metadata that is signed. */
  readonly metadataVersion: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Canonical bytes of the signed object: exactly what the signatures are over. */
  readonly payload: Uint8Array;
}

export interface SigningEvent extends NewSigningEvent {
  /** From 1, per repository. */
  readonly number: number;
  readonly state: SigningEventState;
  readonly signatures: readonly Signature[];
}

/** How far one authority is. */
export interface Progress {
  readonly rootVersion: number;
  readonly threshold: number;
  /** Ids of the keys that may sign for it. */
  readonly keyIds: readonly string[];
  /** Those of them that have. */
  readonly signed: readonly string[];
  /** Signatures that are still missing; 0 when it agrees. */
  readonly missing: number;
}

export function progressOf(
  { payload, signatures }: Pick<SigningEvent, "payload" | "signatures">,
  authorities: readonly Authority[],
  verifier: SignatureVerifier,
): readonly Progress[] {
  return authorities.map(({ rootVersion, delegation }) => {
    const signed = signersOf(delegation, payload, signatures, verifier);
    const { threshold, keyids } = delegation;
    return { rootVersion, threshold, keyIds: keyids, signed, missing: Math.max(0, threshold - signed.length) };
  });
}

export function isComplete(progress: readonly Progress[]): boolean {
  return progress.length > 0 && progress.every(({ missing }) => missing === 0);
}

/**
 * Whether an event may take this signature. One that comes after the last that was needed is kept as well.
 * @throws {TufError} SIGNING_EVENT_CLOSED, DUPLICATE_SIGNATURE, KEY_NOT_AUTHORIZED for a key that no authority names,
 *   INVALID_SIGNATURE
 */
export function checkSignature(
  { number, state, payload, signatures }: SigningEvent,
  authorities: readonly Pick<Authority, "delegation">[],
  signature: Signature,
  verifier: SignatureVerifier,
): void {
  const { keyid } = signature;
  if (state === "cancelled") throw closed(number, state);
  if (signatures.some((other) => other.keyid === keyid)) throw duplicate(number, keyid);
  const key = authorities.map(({ delegation }) => delegatedKey(delegation, keyid)).find((found) => found !== undefined);
  if (key === undefined) {
    throw new TufError("KEY_NOT_AUTHORIZED", `signing event ${number}: key ${shown(keyid)} may not sign it`);
  }
  if (isSignatureOf(key, payload, signature, verifier)) return;
  throw new TufError("INVALID_SIGNATURE", `signing event ${number}: the signature of key ${keyid} does not verify`);
}

export function closed(number: number, state: SigningEventState): TufError {
  return new TufError("SIGNING_EVENT_CLOSED", `signing event ${number} is ${state}`);
}

export function duplicate(number: number, keyId: string): TufError {
  return new TufError("DUPLICATE_SIGNATURE", `signing event ${number}: key ${keyId} has signed already`);
}

/** Key ids come from outside here: cut, and without what could rewrite a terminal. */
function shown(keyId: string): string {
  return JSON.stringify(keyId.slice(0, 80));
}
