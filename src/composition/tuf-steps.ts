import type { KeyStore } from "../../domain/tuf/key-store.js";
import type { MetadataFiles } from "../../domain/tuf/metadata-files.js";
import type { Signer } from "../../domain/tuf/signer.js";
import type { TufOptions } from "./distinction-options.js";

type OnStep = NonNullable<TufOptions["onStep"]>;

/** The same keys; every signature is told. */
export function countedKeys(keys: KeyStore, onStep: OnStep): KeyStore {
  return {
    load: async (keyId) => {
      const signer = await keys.load(keyId);
      return signer && countedSigner(signer, onStep);
    },
    generate: async (scheme) => countedSigner(await keys.generate(scheme), onStep),
    importKey: async (pem, passphrase) => countedSigner(await keys.importKey(pem, passphrase), onStep),
  };
}

function countedSigner(signer: Signer, onStep: OnStep): Signer {
  return {
    keyId: signer.keyId,
    publicKey: signer.publicKey,
    sign: async (bytes) => {
      const signature = await signer.sign(bytes);
      onStep("signed");
      return signature;
    },
  };
}

/** The same files; every one that is published is told. */
export function countedFiles(files: MetadataFiles, onStep: OnStep): MetadataFiles {
  const told = async (work: Promise<boolean>): Promise<boolean> => {
    const isNew = await work;
    onStep("stored");
    return isNew;
  };
  return {
    putIfAbsent: (name, bytes) => told(files.putIfAbsent(name, bytes)),
    replaceTimestamp: (metadataVersion, bytes) => told(files.replaceTimestamp(metadataVersion, bytes)),
    remove: (names) => files.remove(names),
    read: (name) => files.read(name),
    lengthOf: (name) => files.lengthOf(name),
    restore: (name, bytes) => files.restore(name, bytes),
  };
}
