import { checkedExpiry, type ExpiryPolicy } from "../../../domain/tuf/expiry.js";
import type { TufStore } from "../../../domain/tuf/tuf-store.js";
import { existingRepository } from "./existing-repository.js";

/**
 * Has the metadata of roles live for other times, from their next versions on. What is published stays good for as long as it says,
 * and is renewed when the new times say so. Roles that are not named stay as they are, also where others change them meanwhile.
 * @returns how all roles live from now on
 * @throws {TufError} REPOSITORY_NOT_FOUND
 * @throws {DistinctionError} INVALID_VALUE naming every role whose times are wrong
 */
export async function changeExpiry(
  { store }: { readonly store: Pick<TufStore, "repository" | "changeExpiry"> },
  repository: string,
  changes: Partial<ExpiryPolicy>,
): Promise<ExpiryPolicy> {
  await store.changeExpiry(repository, checkedExpiry(changes));
  return (await existingRepository(store, repository)).expiry;
}
