import type { Clock } from "../../domain/distinction/clock.js";
import { TufError } from "../../domain/tuf/errors.js";
import { DEFAULT_EXPIRY, expiresAt, type ExpiryPolicy } from "../../domain/tuf/expiry.js";
import { binNames, bitLengthOf, digestRange } from "../../domain/tuf/hash-bins.js";
import type { KeyStore } from "../../domain/tuf/key-store.js";
import {
  binSigned,
  type Edition,
  rootSigned,
  snapshotSigned,
  targetsSigned,
  timestampSigned,
} from "../../domain/tuf/metadata-builders.js";
import { type TrustedRole, TRUSTED_ROLES, type TufRepository } from "../../domain/tuf/repository.js";
import { checkNamePrefix, checkRepositoryName } from "../../domain/tuf/role-name.js";
import type { NewRole } from "../../domain/tuf/tuf-store.js";
import { type ExportPorts, type ExportReport, exportTufRepository } from "./export-tuf-repository.js";
import { inParallel } from "./in-parallel.js";
import { RoleSigning } from "./role-signing.js";

export interface CreatePorts extends ExportPorts {
  readonly keys: KeyStore;
  readonly clock: Clock;
}

export interface CreateRequest {
  readonly name: string;
  /** How many hash bins: a power of two from 2 to 65,536. */
  readonly bins: number;
  /** Bins are named `<prefix>-<index in hex>`; default `bins`. */
  readonly namePrefix?: string;
  readonly expiry?: ExpiryPolicy;
}

const BINS_AT_A_TIME = 16;

/**
 * Creates a repository: a key for each role, root, targets with the succinct delegation, every bin empty, snapshot and
 * timestamp, all at version 1, stored in one step and then exported. A crash before that step leaves unused keys, one
 * after it is completed by the next publish.
 * @returns what was exported
 * @throws {TufError} INVALID_NAME, INVALID_BIN_COUNT, REPOSITORY_EXISTS
 */
export async function createTufRepository(ports: CreatePorts, request: CreateRequest): Promise<ExportReport> {
  const { name, bins, namePrefix = "bins", expiry = DEFAULT_EXPIRY } = request;
  checkRepositoryName(name);
  checkNamePrefix(namePrefix);
  const bitLength = bitLengthOf(bins);
  if ((await ports.store.repository(name)) !== undefined) throw exists(name);
  if ((await ports.files.read("1.root.json")) !== undefined) throw occupied(name);

  const repository: TufRepository = { name, bitLength, namePrefix, expiry, ...(await newKeys(ports.keys)) };
  const roles = await firstRoles(ports, repository);
  if ((await ports.store.createRepository(repository, roles)) === "exists") throw exists(name);
  return exportTufRepository(ports, name);
}

/** One key per role, so that each can be rotated or moved elsewhere by itself. */
async function newKeys(store: KeyStore): Promise<Pick<TufRepository, "keys" | "trust">> {
  const signers = await Promise.all(TRUSTED_ROLES.map(() => store.generate()));
  const keyIds = signers.map(({ keyId }) => keyId);
  const trust = TRUSTED_ROLES.map((role, index) => [role, { keyIds: keyIds.slice(index, index + 1), threshold: 1 }]);
  return {
    keys: Object.fromEntries(signers.map(({ keyId, publicKey }) => [keyId, publicKey])),
    trust: Object.fromEntries(trust) as TufRepository["trust"],
  };
}

/** Every role at metadata version 1. */
async function firstRoles({ keys, codec, clock }: CreatePorts, repository: TufRepository): Promise<readonly NewRole[]> {
  const { trust, expiry } = repository;
  const signing = new RoleSigning(keys, codec);
  const now = clock.now();
  const editions = Object.fromEntries(
    TRUSTED_ROLES.map((role) => [role, { metadataVersion: 1, expiresAt: expiresAt(now, expiry[role]) }]),
  ) as Record<TrustedRole, Edition>;
  const sign = (role: Exclude<TrustedRole, "bins">, signed: Parameters<RoleSigning["sign"]>[1]) =>
    signing.sign(role, signed, trust[role], editions[role]);

  const names = binNames(repository);
  const empty = binSigned(new Map(), editions.bins);
  const bins = await inParallel(names.entries(), BINS_AT_A_TIME, async ([index, name]): Promise<NewRole> => {
    const file = await signing.sign(name, empty, trust.bins, editions.bins);
    return { name, kind: "bin", file, range: digestRange(repository, index) };
  });
  const head = new Map(["targets", ...names].map((name) => [name, 1]));
  const snapshot = await sign("snapshot", snapshotSigned(head, editions.snapshot));
  return [
    { name: "root", kind: "root", file: await sign("root", rootSigned(repository, editions.root)) },
    { name: "targets", kind: "targets", file: await sign("targets", targetsSigned(repository, editions.targets)) },
    ...bins,
    { name: "snapshot", kind: "snapshot", file: snapshot },
    {
      name: "timestamp",
      kind: "timestamp",
      file: await sign("timestamp", timestampSigned(snapshot, editions.timestamp)),
    },
  ];
}

/** Two repositories in one storage would take each other's files for corrupt ones of their own. */
function occupied(name: string): TufError {
  return new TufError("REPOSITORY_EXISTS", `repository ${name}: the storage holds another repository already`);
}

function exists(name: string): TufError {
  return new TufError("REPOSITORY_EXISTS", `repository ${name} exists already`);
}
