import { createPublicKey, type KeyObject } from "node:crypto";
import { TufError } from "../../domain/tuf/errors.js";
import { ed25519Key, isKnownKey, type KeyScheme, pemKey, type TufKey } from "../../domain/tuf/key.js";

/** Bits of the shortest RSA modulus that is accepted. */
const LEAST_RSA_BITS = 2_048;

/**
 * The one scheme that a key signs with here.
 * @param key public or private
 * @throws {TufError} INVALID_KEY for other kinds of keys
 */
export function schemeOf(key: KeyObject): KeyScheme {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return "ed25519";
    case "ec":
      if (namedCurve === "prime256v1") return "ecdsa-sha2-nistp256";
      throw new TufError("INVALID_KEY", `an EC key is on the curve P-256, not on ${namedCurve}`);
    case "rsa":
      if (modulusLength >= LEAST_RSA_BITS) return "rsassa-pss-sha256";
      throw new TufError("INVALID_KEY", `an RSA key has ${LEAST_RSA_BITS} bits or more, not ${modulusLength}`);
    default:
      throw new TufError("INVALID_KEY", `keys of type ${key.asymmetricKeyType ?? key.type} are not supported`);
  }
}

/**
 * The TUF key object of a public key.
 * @throws {TufError} INVALID_KEY
 */
export function tufKeyOf(publicKey: KeyObject): TufKey {
  const scheme = schemeOf(publicKey);
  if (scheme !== "ed25519") return pemKey(scheme, publicKey.export({ type: "spki", format: "pem" }) as string);
  const { x } = publicKey.export({ format: "jwk" });
  return ed25519Key(Buffer.from(x ?? "", "base64url").toString("hex"));
}

/** The key to verify with, or `undefined` for what is no such key or says that it is another. */
export function keyObjectOf(key: TufKey): KeyObject | undefined {
  if (!isKnownKey(key)) return undefined;
  try {
    const object = key.scheme === "ed25519" ? ed25519Object(key.keyval.public) : createPublicKey(key.keyval.public);
    return schemeOf(object) === key.scheme ? object : undefined;
  } catch {
    return undefined;
  }
}

function ed25519Object(hex: string): KeyObject {
  const x = Buffer.from(hex, "hex").toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}
