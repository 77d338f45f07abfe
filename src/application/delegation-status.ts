import type { Clock } from "../../domain/distinction/clock.js";
import { corrupt } from "../../domain/tuf/errors.js";
import { renewalHorizon } from "../../domain/tuf/expiry.js";
import type { TufRepository } from "../../domain/tuf/repository.js";
import { trustOf } from "../../domain/tuf/trust.js";
import type { TrustStore } from "../../domain/tuf/trust-store.js";
import type { TufStore } from "../../domain/tuf/tuf-store.js";
import { type DelegationSigning, openSigning, type DelegationSigningPorts } from "./delegation-signing.js";
import { existingRepository } from "./existing-repository.js";

export interface DelegationStatusPorts extends DelegationSigningPorts {
  readonly store: Pick<TufStore, "repository">;
  readonly trust: Pick<TrustStore, "delegatedRoles" | "openEventOf" | "addSignature" | "cancelEvent">;
  readonly clock: Pick<Clock, "now">;
}

export interface DelegationStatus {
  readonly role: string;
  readonly paths: readonly string[];
  readonly terminating: boolean;
  /** 0: never signed. */
  readonly metadataVersion: number;
  /** Epoch milliseconds; `undefined` where it was never signed. */
  readonly expiresAt: number | undefined;
  /** Whether it is to be renewed, by its lifetime. */
  readonly isDue: boolean;
  readonly keys: number;
  readonly threshold: number;
  /** Whether something is accepted of it, or its keys changed, and it is not signed since. */
  readonly isUnsigned: boolean;
  /** What people have yet to sign of it. */
  readonly signing: DelegationSigning | undefined;
}

/**
 * All custom roles, in the order in which clients ask them.
 * @throws {TufError} REPOSITORY_NOT_FOUND, CORRUPT_REPOSITORY
 */
export async function delegationStatuses(
  ports: DelegationStatusPorts,
  name: string,
): Promise<readonly DelegationStatus[]> {
  return statusesOf(ports, await existingRepository(ports.store, name));
}

export async function statusesOf(
  ports: DelegationStatusPorts,
  repository: TufRepository,
): Promise<readonly DelegationStatus[]> {
  const { name, customRoles } = repository;
  if (customRoles.length === 0) return [];
  const records = await ports.trust.delegatedRoles(name);
  const now = ports.clock.now();
  return Promise.all(
    customRoles.map(async ({ name: role, paths, terminating, expiry }) => {
      const record = records.find((one) => one.name === role);
      if (record === undefined) throw corrupt(`repository ${name} has no role ${role}`);
      const { version, signedVersion, metadataVersion, expiresAt } = record;
      const { keyIds, threshold } = trustOf(repository.trust, role);
      const isSigned = expiresAt > 0;
      return {
        role,
        paths,
        terminating,
        metadataVersion,
        expiresAt: isSigned ? expiresAt : undefined,
        isDue: isSigned && expiresAt <= renewalHorizon(now, expiry),
        keys: keyIds.length,
        threshold,
        isUnsigned: version !== signedVersion,
        signing: await openSigning(ports, repository, role),
      };
    }),
  );
}
