import { rootSigned } from "../../../../domain/tuf/metadata-builders.js";
import type { CreatePorts } from "./create-tuf-repository.js";
import { firstEdition, firstRoles } from "./first-roles.js";
import { type CreateRequest, exists, newRepository, type RoleKeys } from "./new-repository.js";
import { type SigningPorts, signingStatus, type SigningStatus } from "../trust/signing-status.js";

export interface CeremonyRequest extends CreateRequest {
  /** Root's keys are people's: their public halves, and how many of them must sign. */
  readonly roles: CreateRequest["roles"] & { readonly root: RoleKeys };
}

/**
 * Creates a repository whose root is signed by people, each where and when they can (`signRoot`, `addRootSignature`). All
 * other roles are signed at once; targets are accepted meanwhile, and the first publish after the last signature makes
 * everything visible.
 * @throws {TufError} INVALID_NAME, INVALID_BIN_COUNT, INVALID_TRUST, REPOSITORY_EXISTS, KEY_NOT_FOUND
 */
export async function beginRootCeremony(
  ports: CreatePorts & SigningPorts,
  request: CeremonyRequest,
): Promise<SigningStatus> {
  const repository = await newRepository(ports, request);
  const edition = firstEdition(ports.clock.now(), repository.expiry.root);
  const payload = ports.codec.canonical(rootSigned(repository, edition));
  const roles = [{ name: "root", kind: "root" } as const, ...(await firstRoles(ports, repository))];
  const event = { role: "root", signedVersion: 0, ...edition, payload };
  const outcome = await ports.store.createRepository(repository, roles, event);
  if (outcome === "exists") throw exists(repository.name);
  return signingStatus(ports, repository.name);
}
