import { type KeyObject, verify } from "node:crypto";
import type { KeyScheme, TufKey } from "../../domain/tuf/key.js";
import type { SignatureVerifier } from "../../domain/tuf/signature-verifier.js";
import { keyObjectOf } from "./public-key.js";
import { verifyingParameters } from "./scheme.js";

/** Parsed keys that are kept: a repository has a few, and thousands of signatures by each. */
const KEPT_KEYS = 1_000;

/** Verifies ed25519, ECDSA P-256 and RSA-PSS signatures of well-formed keys; everything else is not valid. */
export class SchemeVerifier implements SignatureVerifier {
  readonly #keys = new Map<string, KeyObject>();

  verify(key: TufKey, bytes: Uint8Array, signature: Uint8Array): boolean {
    const object = this.#keyOf(key);
    if (object === undefined) return false;
    const [digest, input] = verifyingParameters(key.scheme as KeyScheme, object);
    try {
      return verify(digest, bytes, input, signature);
    } catch {
      return false;
    }
  }

  #keyOf(key: TufKey): KeyObject | undefined {
    const name = `${key.keytype} ${key.scheme} ${key.keyval.public}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const object = keyObjectOf(key);
    if (object !== undefined && this.#keys.size < KEPT_KEYS) this.#keys.set(name, object);
    return object;
  }
}
