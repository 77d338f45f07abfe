import type { TufKey } from "./key.js";

/** Port: checks one signature. */
export interface SignatureVerifier {
  /** Whether `signature` (raw bytes) is the key's over `bytes`. A malformed key or signature is `false`, never an error. */
  verify(key: TufKey, bytes: Uint8Array, signature: Uint8Array): boolean;
}
