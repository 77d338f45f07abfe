import { createPublicKey, type KeyObject, sign } from "node:crypto";
import type { KeyScheme, TufKey } from "../../domain/tuf/key.js";
import { keyIdOf } from "../../domain/tuf/key-id.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { Signer } from "../../domain/tuf/signer.js";
import { schemeOf, tufKeyOf } from "./public-key.js";
import { signingParameters } from "./scheme.js";

/** Bytes above which the hand-over to a thread costs less than waiting. */
const LARGE = 64 * 1024;

/** Signs with a private key held in memory: ed25519, ECDSA on P-256, or RSA-PSS. */
export class LocalSigner implements Signer {
  readonly keyId: string;
  readonly publicKey: TufKey;
  readonly #privateKey: KeyObject;
  readonly #scheme: KeyScheme;

  /**
   * @throws {TufError} INVALID_KEY for other kinds of keys
   */
  constructor(privateKey: KeyObject, codec: Pick<MetadataCodec, "canonical" | "sha256">) {
    this.#scheme = schemeOf(privateKey);
    this.#privateKey = privateKey;
    this.publicKey = tufKeyOf(createPublicKey(privateKey));
    this.keyId = keyIdOf(this.publicKey, codec);
  }

  /** RSA, and large documents (ed25519: 6 ms per MiB), on the thread pool: they would hold up everybody else. */
  sign(bytes: Uint8Array): Promise<Uint8Array> {
    const [digest, input] = signingParameters(this.#scheme, this.#privateKey);
    if (bytes.length < LARGE && this.#scheme !== "rsassa-pss-sha256")
      return Promise.resolve(sign(digest, bytes, input));
    return new Promise((resolve, reject) => {
      sign(digest, bytes, input, (error, signature) => (error ? reject(error) : resolve(signature)));
    });
  }
}
