import { createPublicKey } from "node:crypto";
import { TufError } from "../../domain/tuf/errors.js";
import { isHex32 } from "../../domain/tuf/hex.js";
import type { TufKey } from "../../domain/tuf/key.js";
import { keyIdOf } from "../../domain/tuf/key-id.js";
import type { SignerSource } from "../../domain/tuf/key-store.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { SignatureVerifier } from "../../domain/tuf/signature-verifier.js";
import type { Signer } from "../../domain/tuf/signer.js";
import { tufKeyOf } from "./public-key.js";
import { SchemeVerifier } from "./scheme-verifier.js";
import { SigningService, unavailable, type SigningServiceOptions } from "./signing-service.js";

/**
 * Keys that a signing service keeps (a KMS, an HSM behind a proxy) and never gives out:
 *
 * - `GET <url>/keys/<key id>` answers `{"publicKey": "<PEM>"}`, or 404 where the service has no such key;
 * - `POST <url>/keys/<key id>/sign` with `{"scheme", "message": "<base64>"}` answers `{"signature": "<base64>"}`, raw for
 *   ed25519, DER for ECDSA, with a salt of 32 bytes for RSA-PSS.
 *
 * Whatever the service answers is checked: the key against its id, each signature against the key.
 */
export class RemoteKeys implements SignerSource {
  readonly #service: SigningService;
  readonly #verifier = new SchemeVerifier();

  constructor(
    options: SigningServiceOptions,
    private readonly codec: Pick<MetadataCodec, "canonical" | "sha256">,
  ) {
    this.#service = new SigningService(options);
  }

  async load(keyId: string): Promise<Signer | undefined> {
    if (!isHex32(keyId)) throw new TufError("INVALID_KEY", "a key id is 64 hexadecimal digits");
    const answer = await this.#service.get(`keys/${keyId}`);
    if (answer === undefined) return undefined;
    const publicKey = publicKeyIn(answer, keyId);
    if (keyIdOf(publicKey, this.codec) === keyId) {
      return new RemoteSigner(keyId, publicKey, this.#service, this.#verifier);
    }
    throw new TufError("INVALID_KEY", `the signing service answers with another key than ${keyId}`);
  }
}

class RemoteSigner implements Signer {
  constructor(
    readonly keyId: string,
    readonly publicKey: TufKey,
    private readonly service: SigningService,
    private readonly verifier: SignatureVerifier,
  ) {}

  /**
   * @throws {TufError} SIGNER_UNAVAILABLE
   */
  async sign(bytes: Uint8Array): Promise<Uint8Array> {
    const message = Buffer.from(bytes).toString("base64");
    const { signature } = await this.service.post(`keys/${this.keyId}/sign`, {
      scheme: this.publicKey.scheme,
      message,
    });
    const raw = typeof signature === "string" ? Buffer.from(signature, "base64") : undefined;
    // A file with a bad signature would lock clients out; better that none is made.
    if (raw !== undefined && this.verifier.verify(this.publicKey, bytes, raw)) return raw;
    throw unavailable(`a signature that does not verify for key ${this.keyId}`);
  }
}

function publicKeyIn({ publicKey }: Readonly<Record<string, unknown>>, keyId: string): TufKey {
  try {
    return tufKeyOf(createPublicKey(publicKey as string));
  } catch {
    throw new TufError("INVALID_KEY", `the signing service has no usable public key for ${keyId}`);
  }
}
