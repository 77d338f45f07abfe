import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { TufError } from "../../domain/tuf/errors.js";
import type { KeyScheme } from "../../domain/tuf/key.js";
import { schemeOf } from "./public-key.js";

const NEW_RSA_BITS = 3_072;

export function newPrivateKey(scheme: KeyScheme): KeyObject {
  switch (scheme) {
    case "ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    case "ecdsa-sha2-nistp256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    case "rsassa-pss-sha256":
      return generateKeyPairSync("rsa", { modulusLength: NEW_RSA_BITS }).privateKey;
  }
}

/**
 * Reads a private key of one of the supported kinds.
 * @param what names the source in messages; neither the text nor the passphrase is in them
 * @throws {TufError} INVALID_KEY
 */
export function parsePrivateKey(what: string, pem: string, passphrase?: string): KeyObject {
  const isEncrypted = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem);
  if (isEncrypted && passphrase === undefined) throw invalid(what, "is encrypted, and no passphrase was given");
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: "pem", ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    // The parser's own message is not passed on: it may quote what it could not read.
    throw invalid(what, isEncrypted ? "does not open with this passphrase" : "holds no private key in PEM form");
  }
  try {
    schemeOf(key);
  } catch (error) {
    throw invalid(what, (error as TufError).message);
  }
  return key;
}

/** PKCS #8; encrypted (PBES2, AES-256) where there is a passphrase. */
export function privateKeyPem(key: KeyObject, passphrase?: string): string {
  const encryption = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return key.export({ type: "pkcs8", format: "pem", ...encryption }) as string;
}

function invalid(what: string, reason: string): TufError {
  return new TufError("INVALID_KEY", `${what}: ${reason}`);
}
