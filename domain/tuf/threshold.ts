import { type TufKey, voiceOf } from "./key.js";
import type { Signature } from "./metadata-document.js";
import type { SignatureVerifier } from "./signature-verifier.js";

/** A role's keys as the delegating metadata states them. */
export interface Delegation {
  readonly keys: Readonly<Record<string, TufKey>>;
  readonly keyids: readonly string[];
  readonly threshold: number;
}

/** Those who must agree to a root: the keys of one root version, as many as it asks for. */
export interface Authority {
  /** The root version that names these keys. */
  readonly rootVersion: number;
  readonly delegation: Delegation;
}

/**
 * Whether enough of the role's keys signed (TUF 1.0.33 §5.3.4 and alike). A key counts once, whatever its ids: the same
 * public key listed twice is one voice.
 * @param signed canonical bytes of the signed object
 */
export function meetsThreshold(
  delegation: Delegation,
  signed: Uint8Array,
  signatures: readonly Signature[],
  verifier: SignatureVerifier,
): boolean {
  const { threshold } = delegation;
  return threshold >= 1 && signersOf(delegation, signed, signatures, verifier).length >= threshold;
}

/** Ids of the role's keys whose signatures are valid, one per voice. */
export function signersOf(
  delegation: Delegation,
  signed: Uint8Array,
  signatures: readonly Signature[],
  verifier: SignatureVerifier,
): readonly string[] {
  const voices = new Map<string, string>();
  for (const signature of signatures) {
    const key = delegatedKey(delegation, signature.keyid);
    if (key === undefined || voices.has(voiceOf(key))) continue;
    if (isSignatureOf(key, signed, signature, verifier)) voices.set(voiceOf(key), signature.keyid);
  }
  return [...voices.values()];
}

/** The key of this id, if it speaks for the role. */
export function delegatedKey({ keys, keyids }: Delegation, keyId: string): TufKey | undefined {
  return Object.hasOwn(keys, keyId) && keyids.includes(keyId) ? keys[keyId] : undefined;
}

export function isSignatureOf(
  key: TufKey,
  signed: Uint8Array,
  { sig }: Signature,
  verifier: SignatureVerifier,
): boolean {
  const signature = bytesOf(sig);
  return signature !== undefined && verifier.verify(key, signed, signature);
}

function bytesOf(hex: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2})+$/i.test(hex)) return undefined;
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) => parseInt(hex.slice(2 * index, 2 * index + 2), 16));
}
