import type { KeyScheme } from "./key.js";
import type { Signer } from "./signer.js";

/** Port: where signers come from, by key id. */
export interface SignerSource {
  /**
   * The key's signer, or `undefined` where this source does not hold the key.
   * @throws {TufError} INVALID_KEY where what is kept under this id is no such key, SIGNER_UNAVAILABLE where nobody answers
   */
  load(keyId: string): Promise<Signer | undefined>;
}

/** Port: private keys that are kept here. */
export interface KeyStore extends SignerSource {
  /** Makes a new key and keeps it durably before it answers. Never replaces a key. */
  generate(scheme?: KeyScheme): Promise<Signer>;

  /**
   * Takes over a private key, as `generate` would have made it. One that is here already stays as it is.
   * @param pem PKCS #8, PKCS #1 or SEC 1; ed25519, P-256, or RSA of 2,048 bits or more
   * @param passphrase of an encrypted PEM
   * @throws {TufError} INVALID_KEY
   */
  importKey(pem: string, passphrase?: string): Promise<Signer>;
}
