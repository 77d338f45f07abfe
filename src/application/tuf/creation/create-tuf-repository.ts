import type { KeyStore } from "../../../../domain/tuf/key-store.js";
import { rootSigned } from "../../../../domain/tuf/metadata-builders.js";
import { type ExportPorts, type ExportReport, exportTufRepository } from "../publish/export-tuf-repository.js";
import { firstEdition, firstRoles, type SigningMeans } from "./first-roles.js";
import { exists, newRepository, type CreateRequest } from "./new-repository.js";
import { RoleSigning } from "../trust/role-signing.js";

export interface CreatePorts extends ExportPorts, SigningMeans {
  readonly keys: KeyStore;
}

/**
 * Creates a repository: a key for each role, root, targets with the succinct delegation, every bin empty, snapshot and
 * timestamp, all at version 1, stored in one step and then exported. A crash before that step leaves unused keys, one
 * after it is completed by the next publish. Where people hold the keys of root, see `beginRootCeremony`.
 * @returns what was exported
 * @throws {TufError} INVALID_NAME, INVALID_BIN_COUNT, REPOSITORY_EXISTS
 * @throws {DistinctionError} INVALID_VALUE for an expiry that is none
 */
export async function createTufRepository(ports: CreatePorts, request: CreateRequest): Promise<ExportReport> {
  const repository = await newRepository(ports, request);
  const { name, expiry } = repository;
  const now = ports.clock.now();
  const edition = firstEdition(now, expiry.root);
  const signing = new RoleSigning(ports.keys, ports.codec, now);
  const root = await signing.sign("root", rootSigned(repository, edition), repository, edition);
  const roles = [{ name: "root", kind: "root", file: root } as const, ...(await firstRoles(ports, repository))];
  if ((await ports.store.createRepository(repository, roles)) === "exists") throw exists(name);
  return exportTufRepository(ports, name);
}
