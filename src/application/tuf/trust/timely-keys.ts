import type { Clock } from "../../../../domain/distinction/clock.js";
import { TufError } from "../../../../domain/tuf/errors.js";
import type { KeyStore } from "../../../../domain/tuf/key-store.js";
import type { Signer } from "../../../../domain/tuf/signer.js";

/** Milliseconds for which a signer is waited for: longer than people take to touch a token. */
const LONGEST_ANSWER = 120_000;

/** A signer let its time pass. */
export class SilentSignerError extends TufError {
  constructor() {
    super("SIGNER_UNAVAILABLE", `no answer within ${LONGEST_ANSWER / 1000} s`);
  }
}

/**
 * The same keys, of which those that never answer count as unavailable after two minutes. Signers are others' code, and all that
 * one process publishes waits for them.
 */
export function timelyKeys(keys: KeyStore, clock: Pick<Clock, "alarm">): KeyStore {
  const inTime = <T>(work: Promise<T>): Promise<T> => answered(Promise.resolve(work), clock);
  const timely = (signer: Signer): Signer => ({
    keyId: signer.keyId,
    publicKey: signer.publicKey,
    sign: async (bytes) => inTime(signer.sign(bytes)),
  });
  return {
    load: async (keyId) => {
      const signer = await inTime(keys.load(keyId));
      return signer && timely(signer);
    },
    generate: async (scheme) => timely(await keys.generate(scheme)),
    importKey: async (pem, passphrase) => timely(await keys.importKey(pem, passphrase)),
  };
}

function answered<T>(work: Promise<T>, clock: Pick<Clock, "alarm">): Promise<T> {
  return new Promise((resolve, reject) => {
    const silence = clock.alarm(LONGEST_ANSWER, () => reject(new SilentSignerError()));
    work.then(resolve, reject).finally(silence);
  });
}
