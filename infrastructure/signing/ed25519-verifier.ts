import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { isHex32 } from "../../domain/tuf/hex.js";
import type { TufKey } from "../../domain/tuf/key.js";
import type { SignatureVerifier } from "../../domain/tuf/signature-verifier.js";

/** Verifies ed25519 signatures of keys in hexadecimal form; everything else is not valid. */
export class Ed25519Verifier implements SignatureVerifier {
  /** Parsed keys: a repository has a few, and thousands of signatures by each. */
  readonly #keys = new Map<string, KeyObject>();

  verify({ keytype, scheme, keyval }: TufKey, bytes: Uint8Array, signature: Uint8Array): boolean {
    if (keytype !== "ed25519" || scheme !== "ed25519" || !isHex32(keyval.public)) return false;
    try {
      return verify(null, bytes, this.keyOf(keyval.public), signature);
    } catch {
      return false;
    }
  }

  private keyOf(hex: string): KeyObject {
    const known = this.#keys.get(hex);
    if (known !== undefined) return known;
    const x = Buffer.from(hex, "hex").toString("base64url");
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    if (this.#keys.size < KEPT_KEYS) this.#keys.set(hex, key);
    return key;
  }
}

const KEPT_KEYS = 1_000;
