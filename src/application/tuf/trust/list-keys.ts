import type { SignerSource } from "../../../../domain/tuf/key-store.js";
import { trustedRoles } from "../../../../domain/tuf/trust.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";

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
  { store, keys }: { readonly store: Pick<TufStore, "repository">; readonly keys: SignerSource },
  name: string,
): Promise<readonly ListedKey[]> {
  const repository = await existingRepository(store, name);
  const listed: ListedKey[] = [];
  for (const role of trustedRoles(repository.trust)) {
    const { keyIds, threshold } = repository.trust[role]!;
    for (const keyId of keyIds) {
      const atHand = (await keys.load(keyId)) !== undefined;
      listed.push({ role, threshold, keyId, scheme: repository.keys[keyId]!.scheme, atHand });
    }
  }
  return listed;
}
