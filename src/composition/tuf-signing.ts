import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import { signPayload, type SignedPayload } from "../application/tuf/trust/sign-payload.js";
import type { KeyOptions } from "./distinction-options.js";
import { tufKeys } from "./tuf-keys.js";

/** Signs with a key that options describe, without a database. See `signPayload`. */
export function signWithKey(options: KeyOptions, payload: Uint8Array, keyId: string): Promise<SignedPayload> {
  return signPayload({ keys: tufKeys(options), codec: new JsonMetadataCodec() }, payload, keyId);
}
