import { trustedRoles } from "../../../../domain/tuf/trust.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";
import { keyAtHand, type KeyMeans } from "./key-at-hand.js";
import { type KeyFailure, KeyFailures } from "./key-failure.js";

export interface ListedKey {
  readonly role: string;
  readonly threshold: number;
  readonly keyId: string;
  readonly scheme: string;
  /** Whether this process can sign with it. */
  readonly atHand: boolean;
  /** Why it cannot, where that is a fault: the key is broken, or who keeps it does not answer. */
  readonly failure?: KeyFailure;
}

/**
 * Every key with every role that it speaks for.
 * @throws {TufError} REPOSITORY_NOT_FOUND
 */
export async function listKeys(
  ports: KeyMeans & { readonly store: Pick<TufStore, "repository"> },
  name: string,
): Promise<readonly ListedKey[]> {
  const repository = await existingRepository(ports.store, name);
  const failures = new KeyFailures();
  const listed: ListedKey[] = [];
  for (const role of trustedRoles(repository.trust)) {
    const { keyIds, threshold } = repository.trust[role]!;
    for (const keyId of keyIds) {
      const key = repository.keys[keyId]!;
      const signer = await keyAtHand(ports, keyId, key).catch((error: unknown) => failures.add(keyId, error));
      const atHand = signer !== undefined;
      const failure = atHand ? undefined : failures.of(keyId);
      listed.push({ role, threshold, keyId, scheme: key.scheme, atHand, ...(failure && { failure }) });
    }
  }
  return listed;
}
