import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { ed25519Key, type TufKey } from "../../domain/tuf/key.js";
import { keyIdOf } from "../../domain/tuf/key-id.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { Signer } from "../../domain/tuf/signer.js";

/** Signs with an ed25519 private key held in memory. */
export class Ed25519Signer implements Signer {
  readonly keyId: string;
  readonly publicKey: TufKey;
  readonly #privateKey: KeyObject;

  constructor(privateKey: KeyObject, codec: Pick<MetadataCodec, "canonical" | "sha256">) {
    const { x } = createPublicKey(privateKey).export({ format: "jwk" });
    this.#privateKey = privateKey;
    this.publicKey = ed25519Key(Buffer.from(x ?? "", "base64url").toString("hex"));
    this.keyId = keyIdOf(this.publicKey, codec);
  }

  /** On the thread pool for large documents: 6 ms per MiB would hold up everybody else. */
  sign(bytes: Uint8Array): Promise<Uint8Array> {
    if (bytes.length < LARGE) return Promise.resolve(sign(null, bytes, this.#privateKey));
    return new Promise((resolve, reject) => {
      sign(null, bytes, this.#privateKey, (error, signature) => (error ? reject(error) : resolve(signature)));
    });
  }
}

/** Bytes above which the hand-over to a thread costs less than waiting. */
const LARGE = 64 * 1024;
