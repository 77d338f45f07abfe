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
  return {
    // Where storage lacks them, nothing is to be gained by them.
    ...(files.prepare && { prepare: (named) => files.prepare!(named) }),
    ...(files.discardPrepared && { discardPrepared: () => files.discardPrepared!() }),
    putAll: async (phases) => {
      const created = await files.putAll(phases);
      for (const phase of phases) for (let file = 0; file < phase.length; file++) onStep("stored");
      return created;
    },
    replaceTimestamp: async (metadataVersion, bytes) => {
      const isNew = await files.replaceTimestamp(metadataVersion, bytes);
      onStep("stored");
      return isNew;
    },
    remove: (names) => files.remove(names),
    read: (name) => files.read(name),
    lengthOf: (name) => files.lengthOf(name),
    restore: (name, bytes, damaged) => files.restore(name, bytes, damaged),
  };
}
