import type { Signer } from "./signer.js";

/** Port: private keys by key id. */
export interface KeyStore {
  /** Makes a new ed25519 key and keeps it durably before it answers. Never replaces a key. */
  generate(): Promise<Signer>;
  /**
   * The key's signer, or `undefined` where this store does not hold the key.
   * @throws {TufError} INVALID_KEY where what is kept under this id is no such key
   */
  load(keyId: string): Promise<Signer | undefined>;
}
