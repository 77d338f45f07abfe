import { TufError } from "../../../../domain/tuf/errors.js";
import { completeExpiry, type ExpiryPolicy } from "../../../../domain/tuf/expiry.js";
import { bitLengthOf } from "../../../../domain/tuf/hash-bins.js";
import type { TufKey } from "../../../../domain/tuf/key.js";
import { keyIdOf } from "../../../../domain/tuf/key-id.js";
import type { KeyStore } from "../../../../domain/tuf/key-store.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { MetadataFiles } from "../../../../domain/tuf/metadata-files.js";
import type { NewTufRepository } from "../../../../domain/tuf/repository.js";
import { checkListable } from "../../../../domain/tuf/prefix-bins.js";
import { checkNamePrefix, checkRepositoryName } from "../../../../domain/tuf/role-name.js";
import { firstTrust, type KeptTrust, TRUSTED_ROLES, type TrustedRole } from "../../../../domain/tuf/trust.js";
import { changedTrust, type TrustChange } from "../../../../domain/tuf/trust-change.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";

/** Public keys that are to speak for a role, and how many of them must. */
export interface RoleKeys {
  readonly keys: readonly TufKey[];
  readonly threshold: number;
}

export interface CreateRequest {
  readonly name: string;
  /** How many hash bins: a power of two from 2 to 65,536. */
  readonly bins: number;
  /** Bins are named `<prefix>-<index in hex>`; default `bins`. */
  readonly namePrefix?: string;
  /**
   * Whether metadata lists bins one by one with hash prefixes, for clients that do not know succinct roles (TAP 15): at most
   * 16,384 bins, in a list that every client reads. Default `false`.
   */
  readonly binsByPrefix?: boolean;
  /** How long metadata lives, of roles where not as by default. */
  readonly expiry?: Partial<ExpiryPolicy>;
  /** Keys of roles; a role that is not named gets a new key of its own, so that each can be rotated by itself. */
  readonly roles?: Readonly<Partial<Record<TrustedRole, RoleKeys>>>;
}

export interface NewRepositoryPorts {
  readonly store: Pick<TufStore, "repository" | "exportPosition">;
  readonly files: Pick<MetadataFiles, "read">;
  readonly keys: KeyStore;
  readonly codec: MetadataCodec;
}

/**
 * What a new repository is to be, checked; keys that are missing are made.
 * @throws {TufError} INVALID_NAME, INVALID_BIN_COUNT, INVALID_TRUST, REPOSITORY_EXISTS
 * @throws {DistinctionError} INVALID_VALUE for an expiry that is none
 */
export async function newRepository(ports: NewRepositoryPorts, request: CreateRequest): Promise<NewTufRepository> {
  const { name, bins, namePrefix = "bins", binsByPrefix = false, roles = {} } = request;
  checkRepositoryName(name);
  checkNamePrefix(namePrefix);
  const bitLength = bitLengthOf(bins);
  if (binsByPrefix) checkListable({ bitLength });
  const expiry = completeExpiry(request.expiry);
  const given = TRUSTED_ROLES.flatMap((role) => {
    const keys = roles[role];
    return keys === undefined ? [] : additions(role, keys, ports.codec);
  });
  changedTrust(NO_TRUST, given);
  const existing = await ports.store.repository(name);
  if (existing !== undefined) {
    const { timestamp } = await ports.store.exportPosition(name);
    const unpublished = timestamp > 0 ? "" : "; it is not published yet, which a publish does once its root is signed";
    throw exists(name, `${otherBins(existing, { bitLength, binsByPrefix })}${unpublished}`);
  }
  if ((await ports.files.read("1.root.json")) !== undefined) throw occupied(name);

  const made = await Promise.all(
    TRUSTED_ROLES.filter((role) => roles[role] === undefined).map(async (role): Promise<TrustChange> => {
      const { keyId, publicKey } = await ports.keys.generate();
      return { change: "add-key", role, keyId, key: publicKey };
    }),
  );
  const { keys, trust } = changedTrust(NO_TRUST, [...given, ...made]);
  const kept = TRUSTED_ROLES.map((role) => [role, firstTrust(trust[role])] as const);
  return {
    name,
    bitLength,
    namePrefix,
    ...(binsByPrefix ? { binsByPrefix } : {}),
    expiry,
    keys,
    trust: Object.fromEntries(kept) as Record<TrustedRole, KeptTrust>,
  };
}

export const NOBODY = { keyIds: [], threshold: 1 };
const NO_TRUST = {
  keys: {},
  trust: { root: NOBODY, targets: NOBODY, snapshot: NOBODY, timestamp: NOBODY, bins: NOBODY },
};

/** What it takes to have keys speak for a role that nobody speaks for. */
export function additions(role: string, given: RoleKeys, codec: MetadataCodec): readonly TrustChange[] {
  return [
    ...given.keys.map((key): TrustChange => ({ change: "add-key", role, keyId: keyIdOf(key, codec), key })),
    { change: "set-threshold", role, threshold: given.threshold },
  ];
}

/** Two repositories in one storage would take each other's files for corrupt ones of their own. */
export function occupied(name: string): TufError {
  return new TufError("REPOSITORY_EXISTS", `repository ${name}: the storage holds another repository already`);
}

/** @param otherwise what of it cannot be made so by creating it again; see `otherBins` */
export function exists(name: string, otherwise = ""): TufError {
  return new TufError("REPOSITORY_EXISTS", `repository ${name} exists already${otherwise}`);
}

type Bins = Pick<NewTufRepository, "bitLength" | "binsByPrefix">;

/** What is said where a repository has other bins than it is asked to have: these are decided once. */
export function otherBins(kept: Bins, asked: Bins): string {
  const [has, wanted] = [kept, asked].map(({ bitLength, binsByPrefix = false }) => {
    return `${2 ** bitLength} bins, ${binsByPrefix ? "listed by hash prefixes" : "succinct"}`;
  });
  return has === wanted ? "" : `: it has ${has}, and for good`;
}
