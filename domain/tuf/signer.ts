import type { TufKey } from "./key.js";

/** Port: a private key that never leaves where it is. */
export interface Signer {
  readonly keyId: string;
  readonly publicKey: TufKey;
  /** The raw signature over `bytes`, as the key's scheme prescribes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
