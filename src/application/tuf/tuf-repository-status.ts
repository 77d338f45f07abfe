import type { Clock } from "../../../domain/distinction/clock.js";
import { renewalHorizon, type RoleExpiry } from "../../../domain/tuf/expiry.js";
import { binCount, isBinName } from "../../../domain/tuf/hash-bins.js";
import type { TufRepository } from "../../../domain/tuf/repository.js";
import { ROOTED_ROLES, type RootedRole } from "../../../domain/tuf/trust.js";
import type { ExportPosition, RoleState, TufStore } from "../../../domain/tuf/tuf-store.js";
import { type DelegationStatus, statusesOf } from "./delegations/delegation-status.js";
import { existingRepository } from "./existing-repository.js";
import { type SigningPorts, signingStatus, type SigningStatus } from "./trust/signing-status.js";

export interface RoleStatus {
  readonly role: RootedRole;
  /** 0: a first root that awaits signatures. */
  readonly metadataVersion: number;
  /** Epoch milliseconds; `undefined` where there is no version yet. */
  readonly expiresAt: number | undefined;
  /** Whether it is to be renewed, by the policy. */
  readonly isDue: boolean;
  readonly keys: number;
  readonly threshold: number;
}

export interface BinsStatus {
  readonly bins: number;
  /** Bins of which something is accepted, or whose keys changed, and that are not signed since. */
  readonly unsigned: number;
  /** Epoch milliseconds at which the first of them expires. */
  readonly expiresAt: number | undefined;
  readonly keys: number;
  readonly threshold: number;
}

export interface RepositoryStatus {
  readonly name: string;
  /** Root, targets, snapshot, timestamp. */
  readonly roles: readonly RoleStatus[];
  readonly bins: BinsStatus;
  /** Custom roles, in the order in which clients ask them. */
  readonly delegations: readonly DelegationStatus[];
  /** Roles that are signed, and in no snapshot yet: a publish was interrupted, or is under way. */
  readonly unmerged: number;
  /** What storage is recorded to hold, by version; 0 is nothing. */
  readonly published: ExportPosition;
  /** Whether clients see everything that is accepted and signed. */
  readonly isPublished: boolean;
  /** Epoch milliseconds at which the newest published timestamp was signed, or published where that was much later; `undefined` before the first publish. */
  readonly lastPublishedAt: number | undefined;
  /** The root that awaits signatures. */
  readonly signing: SigningStatus | undefined;
}

const ROLES_PER_PAGE = 1_024;

/**
 * How a repository stands. Several short reads: while others publish, the parts may be of different moments.
 * @throws {TufError} REPOSITORY_NOT_FOUND, CORRUPT_REPOSITORY
 */
export async function tufRepositoryStatus(ports: SigningPorts, name: string): Promise<RepositoryStatus> {
  const { store, clock, trust } = ports;
  const repository = await existingRepository(store, name);
  const states = await store.roleStates(name, ROOTED_ROLES);
  const roles = ROOTED_ROLES.map((role, index) => roleStatus(repository, role, states[index]!, clock));
  const dirty = await dirtyRoles(store, repository);
  const delegations = await statusesOf(ports, repository);
  const { pending } = await store.snapshotState(name);
  const published = await store.exportPosition(name);
  const [timestamp] = await store.files(name, [{ role: "timestamp", metadataVersion: published.timestamp }]);
  const isExported = roles.every(
    ({ role, metadataVersion }) => role === "targets" || metadataVersion === published[role],
  );
  const { keyIds, threshold } = repository.trust.bins;
  return {
    name,
    roles,
    bins: {
      bins: binCount(repository),
      unsigned: dirty.bins,
      expiresAt: await firstExpiry(store, name),
      keys: keyIds.length,
      threshold,
    },
    delegations,
    unmerged: pending.length,
    published,
    isPublished: isExported && dirty.bins === 0 && !dirty.others && pending.length === 0,
    lastPublishedAt: timestamp?.storedAt,
    signing: (await trust.openEventOf(name, "root")) === undefined ? undefined : await signingStatus(ports, name),
  };
}

function roleStatus(
  { expiry, trust }: TufRepository,
  role: RootedRole,
  { metadataVersion, expiresAt }: RoleState,
  clock: Pick<Clock, "now">,
): RoleStatus {
  const policy: RoleExpiry = expiry[role];
  const { keyIds, threshold } = trust[role];
  const isSigned = metadataVersion > 0;
  return {
    role,
    metadataVersion,
    expiresAt: isSigned ? expiresAt : undefined,
    isDue: isSigned && expiresAt <= renewalHorizon(clock.now(), policy),
    keys: keyIds.length,
    threshold,
  };
}

async function dirtyRoles(
  store: TufStore,
  repository: TufRepository,
): Promise<{ readonly bins: number; readonly others: boolean }> {
  let bins = 0;
  let others = false;
  for (let after: string | undefined = ""; after !== undefined;) {
    const page: readonly string[] = await store.dirtyRoles(repository.name, { after, limit: ROLES_PER_PAGE });
    const dirty = page.filter((role) => isBinName(repository, role)).length;
    bins += dirty;
    others ||= dirty < page.length;
    after = page.length < ROLES_PER_PAGE ? undefined : page.at(-1);
  }
  return { bins, others };
}

async function firstExpiry(store: TufStore, name: string): Promise<number | undefined> {
  const due = { targetsHorizon: 0, binsHorizon: Number.MAX_SAFE_INTEGER, limit: 1 };
  const [state] = await store.roleStates(name, await store.expiringRoles(name, due));
  return state?.expiresAt;
}
