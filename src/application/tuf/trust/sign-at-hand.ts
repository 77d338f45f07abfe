import type { TufKey } from "../../../../domain/tuf/key.js";
import type { Signature } from "../../../../domain/tuf/metadata-document.js";
import { keyAtHand, type KeyMeans } from "./key-at-hand.js";
import { type KeyFailure, KeyFailures } from "./key-failure.js";
import { signatureOf } from "./role-signing.js";

export interface SignedAtHand {
  readonly signatures: readonly Signature[];
  /** Keys that could not sign; the others did. */
  readonly keyFailures: readonly KeyFailure[];
}

/**
 * Signs what awaits signatures with every one of some keys that can.
 * @param keyOf `undefined` where only the key's id is known
 * @param nobody what is said where none of them signs
 * @throws {TufError} KEY_NOT_FOUND where none of them is at hand, SIGNER_UNAVAILABLE or INVALID_KEY where none of them signs because of that
 */
export async function signAtHand(
  means: KeyMeans,
  keyIds: readonly string[],
  keyOf: (keyId: string) => TufKey | undefined,
  payload: Uint8Array,
  nobody: string,
): Promise<SignedAtHand> {
  const signatures: Signature[] = [];
  const failures = new KeyFailures();
  for (const keyId of keyIds) {
    try {
      const signer = await keyAtHand(means, keyId, keyOf(keyId));
      if (signer !== undefined) signatures.push(await signatureOf(signer, payload));
    } catch (error) {
      failures.add(keyId, error);
    }
  }
  if (signatures.length === 0) throw failures.tooFew(nobody, keyIds);
  return { signatures, keyFailures: failures.list() };
}
