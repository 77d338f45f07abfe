import { TufError } from "../../../domain/tuf/errors.js";
import type { TufRepository } from "../../../domain/tuf/repository.js";
import type { TufStore } from "../../../domain/tuf/tuf-store.js";

/**
 * @throws {TufError} REPOSITORY_NOT_FOUND
 */
export async function existingRepository(store: Pick<TufStore, "repository">, name: string): Promise<TufRepository> {
  const repository = await store.repository(name);
  if (repository === undefined) throw new TufError("REPOSITORY_NOT_FOUND", `no repository ${name}`);
  return repository;
}
