import { ownForm, type TufKey } from "../../../../domain/tuf/key.js";
import { keyIdOf } from "../../../../domain/tuf/key-id.js";
import type { SignerSource } from "../../../../domain/tuf/key-store.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { Signer } from "../../../../domain/tuf/signer.js";

export interface KeyMeans {
  readonly keys: SignerSource;
  readonly codec: Pick<MetadataCodec, "canonical" | "sha256">;
}

/**
 * The signer of a key that metadata names, under the id that it has there: other tools name keys after line breaks of their
 * own, or as they like, and clients look a signature up by that name.
 * @param key `undefined` where only its id is known
 * @returns `undefined` where the key is not at hand
 * @throws {TufError} INVALID_KEY, SIGNER_UNAVAILABLE
 */
export async function keyAtHand(
  { keys, codec }: KeyMeans,
  keyId: string,
  key: TufKey | undefined,
): Promise<Signer | undefined> {
  if (key === undefined) return keys.load(keyId);
  const own = ownForm(key);
  if (own === undefined) return undefined;
  const ownId = keyIdOf(own, codec);
  const signer = await keys.load(ownId);
  if (signer === undefined || ownId === keyId) return signer;
  return { keyId, publicKey: key, sign: (bytes) => signer.sign(bytes) };
}
