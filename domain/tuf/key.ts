import { TufError } from "./errors.js";
import { isHex32 } from "./hex.js";

/**
 * A public key as metadata carries it (TUF 1.0.33 §4.2). ed25519 keys are 64 hexadecimal digits: a PEM value passes in
 * some clients and fails in others. The others are SubjectPublicKeyInfo in PEM form.
 */
export type TufKey = {
  readonly keytype: string;
  readonly scheme: string;
  readonly keyval: { readonly public: string };
};

/** The schemes that this library signs and verifies, with the key type of each (TUF 1.0.33 §4.2). */
export const KEY_TYPES = {
  ed25519: "ed25519",
  // P-256 alone: for P-384 a popular client computes the wrong digest.
  "ecdsa-sha2-nistp256": "ecdsa",
  "rsassa-pss-sha256": "rsa",
} as const;

export type KeyScheme = keyof typeof KEY_TYPES;

export function isKeyScheme(scheme: string): scheme is KeyScheme {
  return Object.hasOwn(KEY_TYPES, scheme);
}

/**
 * The TUF key object of an ed25519 public key.
 * @param publicKey 64 lower-case hexadecimal digits
 * @throws {TufError} INVALID_KEY
 */
export function ed25519Key(publicKey: string): TufKey {
  if (!isHex32(publicKey)) throw new TufError("INVALID_KEY", "an ed25519 public key is 64 hexadecimal digits");
  return { keytype: "ed25519", scheme: "ed25519", keyval: { public: publicKey } };
}

/**
 * The TUF key object of a public key in PEM form (`-----BEGIN PUBLIC KEY-----`).
 * @throws {TufError} INVALID_KEY
 */
export function pemKey(scheme: Exclude<KeyScheme, "ed25519">, pem: string): TufKey {
  if (!isPublicPem(pem)) throw new TufError("INVALID_KEY", `a ${scheme} public key is in PEM form (BEGIN PUBLIC KEY)`);
  return { keytype: KEY_TYPES[scheme], scheme, keyval: { public: pem.trim() } };
}

/** Whether a key is of a kind that this library verifies, in the form that every client reads. */
export function isKnownKey({ keytype, scheme, keyval }: TufKey): boolean {
  if (!isKeyScheme(scheme)) return false;
  if (scheme === "ed25519") return keytype === "ed25519" && isHex32(keyval.public);
  // `ecdsa-sha2-nistp256` was the key type until TUF 1.0.29; files of that time are still about.
  const isType = keytype === KEY_TYPES[scheme] || (keytype === "ecdsa-sha2-nistp256" && scheme === keytype);
  return isType && isPublicPem(keyval.public);
}

/**
 * A key as this library would write it: the id of that is what whoever keeps its private half knows it by, whatever other tools
 * named it after. `undefined` for kinds that are not supported.
 */
export function ownForm(key: TufKey): TufKey | undefined {
  const { scheme, keyval } = key;
  if (!isKeyScheme(scheme) || !isKnownKey(key)) return undefined;
  if (scheme === "ed25519") return ed25519Key(keyval.public);
  const lines =
    voiceOf(key)
      .match(/.{1,64}/g)
      ?.join("\n") ?? "";
  return pemKey(scheme, `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----`);
}

/** What is the same for one public key however it is written: line breaks in PEM, upper case in hexadecimal. */
export function voiceOf({ keyval }: TufKey): string {
  const text = keyval.public;
  return /^[0-9a-f]+$/i.test(text) ? text.toLowerCase() : text.replace(/-----[^-]+-----|\s/g, "");
}

function isPublicPem(text: string): boolean {
  return /^\s*-----BEGIN PUBLIC KEY-----\s[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/.test(text);
}
