import { constants, type KeyObject, type SignKeyObjectInput } from "node:crypto";
import type { KeyScheme } from "../../domain/tuf/key.js";

/** How `node:crypto` signs and verifies as a scheme prescribes. */
export interface SchemeParameters {
  /** `null` where the scheme hashes by itself. */
  readonly digest: "sha256" | null;
  readonly options: Omit<SignKeyObjectInput, "key">;
}

const PARAMETERS: Readonly<Record<KeyScheme, SchemeParameters>> = {
  ed25519: { digest: null, options: {} },
  // DER, which is what clients read; not the two numbers side by side.
  "ecdsa-sha2-nistp256": { digest: "sha256", options: { dsaEncoding: "der" } },
  // A salt as long as the digest: some clients verify no other.
  "rsassa-pss-sha256": {
    digest: "sha256",
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
};

export function signingParameters(scheme: KeyScheme, key: KeyObject): [SchemeParameters["digest"], SignKeyObjectInput] {
  const { digest, options } = PARAMETERS[scheme];
  return [digest, { ...options, key }];
}

/** As for signing, but any length of salt: other tools choose others. */
export function verifyingParameters(
  scheme: KeyScheme,
  key: KeyObject,
): [SchemeParameters["digest"], SignKeyObjectInput] {
  const [digest, input] = signingParameters(scheme, key);
  return [digest, input.saltLength === undefined ? input : { ...input, saltLength: constants.RSA_PSS_SALTLEN_AUTO }];
}
