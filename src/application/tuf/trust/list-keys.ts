import { trustedRoles } from "../../../../domain/tuf/trust.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";
import { keyAtHand, type KeyMeans } from "./key-at-hand.js";

export interface ListedKey {
  readonly role: string;
  readonly threshold: number;
  readonly keyId: string;
  readonly scheme: string;
  /** Whether this process can sign with it. */
  readonly atHand: boolean;
}

/**
 * Every key with every role that it speaks for.
 * @throws {TufError} REPOSITORY_NOT_FOUND, INVALID_KEY, SIGNER_UNAVAILABLE
 */
export async function listKeys(
  ports: KeyMeans & { readonly store: Pick<TufStore, "repository"> },
  name: string,
): Promise<readonly ListedKey[]> {
  const repository = await existingRepository(ports.store, name);
  const listed: ListedKey[] = [];
  for (const role of trustedRoles(repository.trust)) {
    const { keyIds, threshold } = repository.trust[role]!;
    for (const keyId of keyIds) {
      const key = repository.keys[keyId]!;
      const atHand = (await keyAtHand(ports, keyId, key)) !== undefined;
      listed.push({ role, threshold, keyId, scheme: key.scheme, atHand });
    }
  }
  return listed;
}
