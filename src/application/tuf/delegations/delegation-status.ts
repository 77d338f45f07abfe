import type { Clock } from "../../../../domain/distinction/clock.js";
import { binsBelow } from "../../../../domain/tuf/custom-role.js";
import { corrupt } from "../../../../domain/tuf/errors.js";
import { binCount, type HashBins, isBinName } from "../../../../domain/tuf/hash-bins.js";
import { renewalHorizon } from "../../../../domain/tuf/expiry.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import { trustOf } from "../../../../domain/tuf/trust.js";
import type { TrustStore } from "../../../../domain/tuf/trust-store.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { type DelegationSigning, openSigning, type DelegationSigningPorts } from "./delegation-signing.js";
import { existingRepository } from "../existing-repository.js";

export interface DelegationStatusPorts extends DelegationSigningPorts {
  readonly store: Pick<TufStore, "repository" | "dirtyRoles">;
  readonly trust: Pick<TrustStore, "delegatedRoles" | "openEventOf" | "addSignature" | "cancelEvent">;
  readonly clock: Pick<Clock, "now">;
}

export interface DelegationStatus {
  readonly role: string;
  /** The custom role that delegates to it; `undefined`: `targets` does. */
  readonly above: string | undefined;
  readonly paths: readonly string[];
  readonly terminating: boolean;
  /** How many hash bins below it hold its targets; 0: it holds them itself. */
  readonly bins: number;
  /** 0: never signed. */
  readonly metadataVersion: number;
  /** Epoch milliseconds; `undefined` where it was never signed. */
  readonly expiresAt: number | undefined;
  /** Whether it is to be renewed, by its lifetime. */
  readonly isDue: boolean;
  readonly keys: number;
  readonly threshold: number;
  /** Whether something is accepted of it, or its keys changed, and it or a bin below it is not signed since. */
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
    customRoles.map(async (custom) => {
      const { name: role, above, paths, terminating, expiry } = custom;
      const below = binsBelow(custom);
      const record = records.find((one) => one.name === role);
      if (record === undefined) throw corrupt(`repository ${name} has no role ${role}`);
      const { version, signedVersion, metadataVersion, expiresAt } = record;
      const { keyIds, threshold } = trustOf(repository.trust, role);
      const isSigned = expiresAt > 0;
      return {
        role,
        above,
        paths,
        terminating,
        bins: below === undefined ? 0 : binCount(below),
        metadataVersion,
        expiresAt: isSigned ? expiresAt : undefined,
        isDue: isSigned && expiresAt <= renewalHorizon(now, expiry),
        keys: keyIds.length,
        threshold,
        isUnsigned: version !== signedVersion || (below !== undefined && (await isBinDirty(ports, name, below))),
        signing: await openSigning(ports, repository, role),
      };
    }),
  );
}

/** Names of dirty roles come in byte order, and bins begin with their prefix. */
async function isBinDirty({ store }: DelegationStatusPorts, repository: string, bins: HashBins): Promise<boolean> {
  const prefix = `${bins.namePrefix}-`;
  for (let after = prefix; ;) {
    const names: readonly string[] = await store.dirtyRoles(repository, { after, limit: NAMES_AT_A_TIME });
    const last = names.at(-1);
    if (names.some((name) => isBinName(bins, name))) return true;
    if (last === undefined || names.length < NAMES_AT_A_TIME || !last.startsWith(prefix)) return false;
    after = last;
  }
}

const NAMES_AT_A_TIME = 64;
