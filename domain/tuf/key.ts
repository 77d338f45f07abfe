import { TufError } from "./errors.js";
import { isHex32 } from "./hex.js";

/**
 * A public key as metadata carries it (TUF 1.0.33 §4.2). ed25519 keys are 64 hexadecimal digits: a PEM value passes in
 * some clients and fails in others.
 */
export type TufKey = {
  readonly keytype: string;
  readonly scheme: string;
  readonly keyval: { readonly public: string };
};

/**
 * The TUF key object of an ed25519 public key.
 * @param publicKey 64 lower-case hexadecimal digits
 * @throws {TufError} INVALID_KEY
 */
export function ed25519Key(publicKey: string): TufKey {
  if (!isHex32(publicKey)) throw new TufError("INVALID_KEY", "an ed25519 public key is 64 hexadecimal digits");
  return { keytype: "ed25519", scheme: "ed25519", keyval: { public: publicKey } };
}
