import { TufError } from "../../../../domain/tuf/errors.js";
import type { SignerSource } from "../../../../domain/tuf/key-store.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { MetadataType, Signature } from "../../../../domain/tuf/metadata-document.js";
import { signatureOf } from "./role-signing.js";

export interface SignedPayload {
  /** What was signed, for the person who signs to read. */
  readonly type: MetadataType;
  readonly version: number;
  /** `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly expires: string;
  readonly signature: Signature;
}

/** What people sign. */
const TYPES: readonly MetadataType[] = ["root", "targets"];

/**
 * Signs bytes that were taken to where the key is: a machine without the database. What is no metadata is not signed.
 * @param payload canonical bytes of the signed object, as `SigningEvent.payload`
 * @throws {TufError} INVALID_METADATA, KEY_NOT_FOUND, SIGNER_UNAVAILABLE
 */
export async function signPayload(
  { keys, codec }: { readonly keys: SignerSource; readonly codec: MetadataCodec },
  payload: Uint8Array,
  keyId: string,
): Promise<SignedPayload> {
  const file = codec.file(payload, []);
  const type = TYPES.find((candidate) => isOfType(codec, candidate, file));
  if (type === undefined) throw new TufError("INVALID_METADATA", "the payload is neither root nor targets metadata");
  const { version, expires } = codec.decode(type, file).signed;
  const signer = await keys.load(keyId);
  if (signer === undefined) throw new TufError("KEY_NOT_FOUND", `key ${keyId} is not at hand`);
  return { type, version, expires, signature: await signatureOf(signer, payload) };
}

function isOfType(codec: MetadataCodec, type: MetadataType, file: Uint8Array): boolean {
  try {
    codec.decode(type, file);
    return true;
  } catch {
    return false;
  }
}
