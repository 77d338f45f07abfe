import { TufError } from "../../../../domain/tuf/errors.js";
import { DEFAULT_EXPIRY, type ExpiryPolicy } from "../../../../domain/tuf/expiry.js";
import type { ForeignFiles } from "../../../../domain/tuf/foreign-files.js";
import { binNames, bitLengthOf, type HashBins } from "../../../../domain/tuf/hash-bins.js";
import { toHex } from "../../../../domain/tuf/hex.js";
import type { KeyStore } from "../../../../domain/tuf/key-store.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { NewTufRepository } from "../../../../domain/tuf/repository.js";
import { checkNamePrefix, checkRepositoryName } from "../../../../domain/tuf/role-name.js";
import { checkSuccession, rootedTrust } from "../../../../domain/tuf/root-succession.js";
import type { SignatureVerifier } from "../../../../domain/tuf/signature-verifier.js";
import { firstTrust, type KeptTrust, TRUSTED_ROLES, type TrustedRole } from "../../../../domain/tuf/trust.js";
import type { Target } from "../../../../domain/tuf/target.js";
import type { TrustStore } from "../../../../domain/tuf/trust-store.js";
import type { SignedFile, TufStore } from "../../../../domain/tuf/tuf-store.js";
import { editBins, type EditPorts } from "../targets/edit-bins.js";
import { existingRepository } from "../existing-repository.js";
import { type ExportPorts, exportTufRepository } from "../publish/export-tuf-repository.js";
import { firstRoles } from "../creation/first-roles.js";
import type { ForeignRoot } from "./foreign-reader.js";
import { ForeignRepository } from "./foreign-repository.js";
import { commitPending, HeadMemory } from "../publish/merge-snapshot.js";
import { exists, occupied } from "../creation/new-repository.js";
import { RoleSigning } from "../trust/role-signing.js";
import { signDirtyRoles } from "../publish/sign-roles.js";
import type { Contention } from "../until-committed.js";

export interface ImportPorts extends ExportPorts, EditPorts, Contention {
  readonly store: TufStore;
  readonly codec: MetadataCodec;
  readonly trust: TrustStore;
  /** Holds the private keys of targets, snapshot and timestamp, as many as their thresholds ask for. */
  readonly keys: KeyStore;
  readonly verifier: SignatureVerifier;
  readonly source: ForeignFiles;
}

export interface ImportRequest {
  readonly name: string;
  /** How many hash bins: a power of two from 2 to 65,536; they need not be those of the source. */
  readonly bins: number;
  /** Bins are named `<prefix>-<index in hex>`; default `bins`. */
  readonly namePrefix?: string;
  readonly expiry?: ExpiryPolicy;
  /** Told of each batch that is accepted: how many targets it has. */
  readonly onTargets?: (targets: number) => void;
}

export interface ImportReport {
  /** Entries of targets that were read; a path that two files speak of counts twice. */
  readonly targets: number;
  readonly rootVersion: number;
  readonly snapshotVersion: number;
  readonly timestampVersion: number;
  /** Roles of the source whose metadata had expired. */
  readonly expired: readonly string[];
}

/**
 * Takes over a repository that other tools made: its roots, its keys, its targets into bins of our own. Versions go on above
 * those of the source, and what its snapshot listed stays listed, so that its clients go on without noticing.
 *
 * Everything is verified before anything is written. Root comes last: until then nothing can be published, so that no
 * client ever sees a part; an import that was cut off is completed by the same call. Bins get a new key.
 * @throws {TufError} UNVERIFIED_METADATA, INVALID_METADATA, ROOT_OUT_OF_ORDER, ROOT_EXPIRED, THRESHOLD_NOT_MET, INVALID_TRUST,
 *   UNSUPPORTED_DELEGATION, INVALID_TARGET_PATH, INVALID_TARGET for the source; INVALID_NAME, INVALID_BIN_COUNT;
 *   KEY_NOT_FOUND; REPOSITORY_EXISTS, also where another state of the source was begun under this name
 */
export async function importTufRepository(ports: ImportPorts, request: ImportRequest): Promise<ImportReport> {
  const { clock, trust } = ports;
  const { name, namePrefix = "bins", bins } = request;
  checkRepositoryName(name);
  checkNamePrefix(namePrefix);
  const hashBins = { bitLength: bitLengthOf(bins), namePrefix };

  const source = await ForeignRepository.open(ports, clock.now());
  const { signed: root } = source.root.document;
  checkSuccession(root, source.roots.at(-2)?.document.signed, clock.now());
  let targets = 0;
  for await (const { size } of source.targets()) targets += size;
  if (!(await isBegun(ports, name, hashBins, source))) await begin(ports, { ...request, ...hashBins }, source);

  for await (const some of inBatches(source.targets())) {
    await editBins(ports, name, some);
    request.onTargets?.(some.size);
  }
  await commitAccepted(ports, name);
  const file = fileOf(ports, source.root);
  const opened = await trust.commitRoot(name, { file, updates: [], event: undefined, follows: 0 });
  if (opened === "stale") throw exists(name);
  const { position } = await exportTufRepository(ports, name);
  return {
    targets,
    rootVersion: root.version,
    snapshotVersion: position.snapshot,
    timestampVersion: position.timestamp,
    expired: source.expired,
  };
}

/**
 * Whether an import of this very state was begun, and cut off before its root: our first snapshot and timestamp are then
 * those that follow directly on the source's.
 * @throws {TufError} REPOSITORY_EXISTS for every other repository of this name, and for a storage that holds another one
 */
async function isBegun(
  { store, files }: ImportPorts,
  name: string,
  { bitLength, namePrefix }: HashBins,
  { snapshotVersion, timestampVersion, roots }: ForeignRepository,
): Promise<boolean> {
  const published = await files.read("1.root.json");
  if (published !== undefined && !isSame(published, roots[0].bytes)) throw occupied(name);
  const repository = await store.repository(name);
  if (repository === undefined) return false;
  const [root] = await store.roleStates(name, ["root"]);
  const around = await store.files(name, [
    { role: "snapshot", metadataVersion: snapshotVersion },
    { role: "snapshot", metadataVersion: snapshotVersion + 1 },
    { role: "timestamp", metadataVersion: timestampVersion },
    { role: "timestamp", metadataVersion: timestampVersion + 1 },
  ]);
  const first = around.map(({ role, metadataVersion }) => `${metadataVersion}.${role}`).sort();
  const expected = [`${snapshotVersion + 1}.snapshot`, `${timestampVersion + 1}.timestamp`].sort();
  const isSameBins = repository.bitLength === bitLength && repository.namePrefix === namePrefix;
  if (root?.metadataVersion !== 0 || !isSameBins || first.join() !== expected.join()) throw exists(name);
  return true;
}

/** Stores all but targets, with roles that continue the source's, and root waiting. */
async function begin(
  ports: ImportPorts,
  { name, bitLength, namePrefix, expiry = DEFAULT_EXPIRY }: ImportRequest & HashBins,
  source: ForeignRepository,
): Promise<void> {
  const { signed: root } = source.root.document;
  const binsKey = await ports.keys.generate();
  const trust = { ...rootedTrust(root), bins: { keyIds: [binsKey.keyId], threshold: 1 } };
  const kept = TRUSTED_ROLES.map((role) => [role, firstTrust(trust[role])] as const);
  const repository: NewTufRepository = {
    name,
    bitLength,
    namePrefix,
    expiry,
    keys: { ...root.keys, [binsKey.keyId]: binsKey.publicKey },
    trust: Object.fromEntries(kept) as Record<TrustedRole, KeptTrust>,
  };
  const { listed, snapshotVersion, timestampVersion } = source;
  const own = new Set(["targets", ...binNames(repository)]);
  const retired = new Map([...listed].filter(([role]) => !own.has(role)));
  checkKeepable(retired.keys());
  const seen = new Map([...listed, ["snapshot", snapshotVersion], ["timestamp", timestampVersion]]);
  const roles = await firstRoles(ports, repository, { versionOf: (role) => seen.get(role) ?? 0, retired });
  const earlier = source.roots.slice(0, -1).map((former) => fileOf(ports, former));
  const all = [{ name: "root", kind: "root", earlier } as const, ...roles];
  if ((await ports.store.createRepository(repository, all, undefined, retired)) === "exists") throw exists(name);
}

/** Names that stay listed are stored, and sorted the same in all languages. */
function checkKeepable(roles: Iterable<string>): void {
  for (const role of roles) {
    if (role.length <= MAX_NAME && !/[\p{Cc}\p{Surrogate}\u{10000}-\u{10FFFF}]/u.test(role)) continue;
    const shown = JSON.stringify(role.slice(0, 80));
    throw new TufError(
      "INVALID_NAME",
      `role ${shown}: at most ${MAX_NAME} characters, none of them a control character`,
    );
  }
}

const MAX_NAME = 128;
const TARGETS_AT_A_TIME = 4_000;

/** A bin of the source may hold a few targets only; a transaction for each of them would be slow. */
async function* inBatches(
  files: AsyncIterable<ReadonlyMap<string, Target>>,
): AsyncGenerator<ReadonlyMap<string, Target>> {
  let batch = new Map<string, Target>();
  for await (const targets of files) {
    for (const [path, target] of targets) batch.set(path, target);
    if (batch.size < TARGETS_AT_A_TIME) continue;
    yield batch;
    batch = new Map();
  }
  if (batch.size > 0) yield batch;
}

/** Signs and merges what was accepted, so that the first export already has all of it. */
async function commitAccepted(ports: ImportPorts, name: string): Promise<void> {
  const repository = await existingRepository(ports.store, name);
  const run = { ...ports, repository, signing: new RoleSigning(ports.keys, ports.codec, ports.clock.now()) };
  const { failures } = await signDirtyRoles(run);
  if (failures.length > 0) throw failures[0];
  await commitPending(run, new HeadMemory());
}

/** Byte for byte as it was published. */
function fileOf({ codec, clock }: ImportPorts, { bytes, document: { signed } }: ForeignRoot): SignedFile {
  return {
    role: "root",
    metadataVersion: signed.version,
    signedAt: clock.now(),
    expiresAt: Date.parse(signed.expires),
    sha256: toHex(codec.sha256(bytes)),
    length: bytes.length,
    bytes,
  };
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
