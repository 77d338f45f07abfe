import type { TufKey } from "./key.js";
import type { Signature } from "./metadata-document.js";
import type { SignatureVerifier } from "./signature-verifier.js";

/** A role's keys as the delegating metadata states them. */
export interface Delegation {
  readonly keys: Readonly<Record<string, TufKey>>;
  readonly keyids: readonly string[];
  readonly threshold: number;
}

/**
 * Whether enough of the role's keys signed (TUF 1.0.33 §5.3.4 and alike). A key counts once, whatever its ids: the same
 * public key listed twice is one voice.
 * @param signed canonical bytes of the signed object
 */
export function meetsThreshold(
  { keys, keyids, threshold }: Delegation,
  signed: Uint8Array,
  signatures: readonly Signature[],
  verifier: SignatureVerifier,
): boolean {
  const voices = new Set<string>();
  for (const { keyid, sig } of signatures) {
    const key = Object.hasOwn(keys, keyid) && keyids.includes(keyid) ? keys[keyid] : undefined;
    const signature = bytesOf(sig);
    if (key === undefined || signature === undefined || !verifier.verify(key, signed, signature)) continue;
    voices.add(key.keyval.public);
  }
  return threshold >= 1 && voices.size >= threshold;
}

function bytesOf(hex: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2})+$/i.test(hex)) return undefined;
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) => parseInt(hex.slice(2 * index, 2 * index + 2), 16));
}
