import { createPublicKey } from "node:crypto";
import { TufError } from "../../domain/tuf/errors.js";
import { isKnownKey, type TufKey } from "../../domain/tuf/key.js";
import { keyIdOf } from "../../domain/tuf/key-id.js";
import type { KeyStore, SignerSource } from "../../domain/tuf/key-store.js";
import type { Signer } from "../../domain/tuf/signer.js";
import { EnvironmentKeys } from "../../infrastructure/signing/environment-keys.js";
import { KeyChain } from "../../infrastructure/signing/key-chain.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { tufKeyOf } from "../../infrastructure/signing/public-key.js";
import { RemoteKeys } from "../../infrastructure/signing/remote-keys.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import type { KeyOptions } from "./distinction-options.js";

const codec = new JsonMetadataCodec();

/**
 * The private keys that options describe. A key is looked for in the directory, then in the environment, then at the
 * signing service; new ones are made in the directory.
 * @throws {TufError} INVALID_KEY for an empty passphrase, SIGNER_UNAVAILABLE for an address that is none
 */
export function tufKeys(options: string | KeyOptions): KeyStore {
  const { directory, passphrase, environment, service } =
    typeof options === "string" ? ({ directory: options } as KeyOptions) : options;
  const files = new KeyFiles(directory, codec, passphrase === undefined ? {} : { passphrase });
  const sources: SignerSource[] = [files];
  if (environment !== undefined) sources.push(new EnvironmentKeys(environment.variables, codec, environment));
  if (service !== undefined) sources.push(new RemoteKeys(service, codec));
  const chain = new KeyChain(...sources);
  return {
    load: (keyId) => chain.load(keyId),
    generate: (scheme) => files.generate(scheme),
    importKey: (pem, keyPassphrase) => files.importKey(pem, keyPassphrase),
  };
}

/**
 * Reads a public key as people hand it to each other: PEM, or the JSON object of a TUF key.
 * @param what names the source in messages
 * @throws {TufError} INVALID_KEY
 */
export function readPublicKey(what: string, text: string): Pick<Signer, "keyId" | "publicKey"> {
  const publicKey = text.trimStart().startsWith("{") ? jsonKey(what, text) : pemKey(what, text);
  return { keyId: keyIdOf(publicKey, codec), publicKey };
}

function jsonKey(what: string, text: string): TufKey {
  try {
    const { keytype, scheme, keyval } = JSON.parse(text) as TufKey;
    const key = { keytype, scheme, keyval: { public: keyval.public } };
    if (isKnownKey(key)) return key;
  } catch {
    // Told below: what a parser says may quote what it read.
  }
  throw new TufError("INVALID_KEY", `${what} holds no TUF key of a kind that is supported`);
}

function pemKey(what: string, text: string): TufKey {
  if (text.includes("PRIVATE KEY"))
    throw new TufError("INVALID_KEY", `${what} holds a private key: give its public half`);
  let key;
  try {
    key = createPublicKey(text);
  } catch {
    throw new TufError("INVALID_KEY", `${what} holds no public key, neither PEM nor a TUF key in JSON`);
  }
  return tufKeyOf(key);
}
