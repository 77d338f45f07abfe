import { sameBytes } from "../../../../domain/distinction/types/binary-type.js";
import { catchAllName } from "../../../../domain/tuf/custom-role.js";
import { TufError } from "../../../../domain/tuf/errors.js";
import { completeExpiry, type ExpiryPolicy } from "../../../../domain/tuf/expiry.js";
import type { ForeignFiles } from "../../../../domain/tuf/foreign-files.js";
import { binNames, bitLengthOf } from "../../../../domain/tuf/hash-bins.js";
import { toHex } from "../../../../domain/tuf/hex.js";
import type { KeyStore } from "../../../../domain/tuf/key-store.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { NewTufRepository } from "../../../../domain/tuf/repository.js";
import { checkListable } from "../../../../domain/tuf/prefix-bins.js";
import { checkNamePrefix, checkRepositoryName } from "../../../../domain/tuf/role-name.js";
import { checkSuccession } from "../../../../domain/tuf/root-succession.js";
import type { SignatureVerifier } from "../../../../domain/tuf/signature-verifier.js";
import { firstTrust } from "../../../../domain/tuf/trust.js";
import type { Target } from "../../../../domain/tuf/target.js";
import type { TrustStore } from "../../../../domain/tuf/trust-store.js";
import type { NewRole, SignedFile, TufStore } from "../../../../domain/tuf/tuf-store.js";
import { acceptStated } from "./accept-stated.js";
import { acceptEdits, type EditPorts } from "../targets/edit-bins.js";
import { existingRepository } from "../existing-repository.js";
import { type ExportPorts, exportTufRepository } from "../publish/export-tuf-repository.js";
import { firstRoles } from "../creation/first-roles.js";
import type { ForeignFile } from "./foreign-reader.js";
import { ForeignRepository } from "./foreign-repository.js";
import { keptRepository, type KeptRepository } from "./kept-repository.js";
import { commitPending, HeadMemory } from "../publish/merge-snapshot.js";
import { exists, occupied, otherBins } from "../creation/new-repository.js";
import { RoleSigning } from "../trust/role-signing.js";
import { signDirtyRoles } from "../publish/sign-roles.js";
import { TargetPlaces } from "../targets/target-places.js";
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
  /** Whether metadata lists them one by one with hash prefixes; see `CreateRequest`. */
  readonly binsByPrefix?: boolean;
  /** How long metadata lives, of roles where not as by default. */
  readonly expiry?: Partial<ExpiryPolicy>;
  /** Told of each batch that is accepted: how many targets it has. */
  readonly onTargets?: (targets: number) => void;
}

export interface ImportReport {
  /** Entries of targets that were read; a path that two files speak of counts twice. */
  readonly targets: number;
  /** Custom roles, which are kept as they were signed. */
  readonly customRoles: readonly string[];
  readonly rootVersion: number;
  readonly snapshotVersion: number;
  readonly timestampVersion: number;
  /** Roles of the source whose metadata had expired. */
  readonly expired: readonly string[];
}

/**
 * Takes over a repository that other tools made: its roots, its keys, its targets into bins of our own, its custom roles as
 * they were signed. Versions go on above those of the source, and what its snapshot listed stays listed, so that its clients
 * go on without noticing. Keys of custom roles need not be at hand: they sign what comes later.
 *
 * Everything is verified before anything is written. Root comes last: until then nothing can be published, so that no
 * client ever sees a part; an import that was cut off is completed by the same call. Bins get a new key.
 * @throws {TufError} UNVERIFIED_METADATA, INVALID_METADATA, ROOT_OUT_OF_ORDER, ROOT_EXPIRED, THRESHOLD_NOT_MET, INVALID_TRUST,
 *   UNSUPPORTED_DELEGATION, INVALID_DELEGATION, DELEGATION_EXISTS, INVALID_TARGET_PATH, INVALID_TARGET for the source;
 *   INVALID_NAME, also of a custom role; INVALID_BIN_COUNT;
 *   KEY_NOT_FOUND; REPOSITORY_EXISTS, also where another state of the source was begun under this name
 * @throws {DistinctionError} INVALID_VALUE for an expiry that is none
 */
export async function importTufRepository(ports: ImportPorts, request: ImportRequest): Promise<ImportReport> {
  const { clock, trust } = ports;
  const { name, namePrefix = "bins", bins, binsByPrefix = false } = request;
  checkRepositoryName(name);
  checkNamePrefix(namePrefix);
  const bitLength = bitLengthOf(bins);
  if (binsByPrefix) checkListable({ bitLength });
  const expiry = completeExpiry(request.expiry);

  const source = await ForeignRepository.open(ports, clock.now());
  const { signed: root } = source.root.document;
  checkSuccession(root, source.roots.at(-2)?.document.signed, clock.now());
  const repository = keptRepository({ name, bitLength, namePrefix, binsByPrefix, expiry }, source);
  const targets = await source.check();
  if (!(await isBegun(ports, repository, source))) await begin(ports, repository, source);

  // Into bins also where a custom role speaks for a path: that one holds what its own keys signed.
  const places = new TargetPlaces({ bitLength, namePrefix, customRoles: [] }, ports.codec);
  for await (const some of inBatches(source.targets())) {
    await acceptEdits(ports, name, places, some);
    request.onTargets?.(some.size);
  }
  await acceptStated(ports, name, request.onTargets);
  await commitAccepted(ports, name);
  const file = fileOf(ports, "root", source.root);
  const opened = await trust.commitRoot(name, { file, updates: [], event: undefined, follows: 0 });
  if (opened === "stale") throw exists(name);
  const { position } = await exportTufRepository(ports, name);
  return {
    targets,
    customRoles: repository.customRoles.map((role) => role.name),
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
  { name, bitLength, namePrefix, binsByPrefix }: KeptRepository,
  { snapshotVersion, timestampVersion, roots }: ForeignRepository,
): Promise<boolean> {
  const published = await files.read("1.root.json");
  if (published !== undefined && !sameBytes(published, roots[0].bytes)) throw occupied(name);
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
  const isSameBins =
    repository.bitLength === bitLength &&
    repository.namePrefix === namePrefix &&
    (repository.binsByPrefix ?? false) === (binsByPrefix ?? false);
  if (root?.metadataVersion !== 0 || !isSameBins || first.join() !== expected.join()) {
    throw exists(name, otherBins(repository, { bitLength, binsByPrefix: binsByPrefix ?? false }));
  }
  return true;
}

/** Stores all but targets, with roles that continue the source's, and root waiting. */
async function begin(ports: ImportPorts, kept: KeptRepository, source: ForeignRepository): Promise<void> {
  const { name, customRoles } = kept;
  const custom: (NewRole & { readonly file: SignedFile })[] = [];
  for await (const holder of source.custom()) {
    custom.push({ ...holder, file: fileOf(ports, holder.name, holder.file) });
  }
  const { listed, snapshotVersion, timestampVersion } = source;
  const catchAll = customRoles.length === 0 ? [] : [catchAllName(kept)];
  const own = new Set(["targets", ...binNames(kept), ...catchAll, ...custom.map((role) => role.name)]);
  const retired = new Map([...listed].filter(([role]) => !own.has(role)));
  checkKeepable(retired.keys());

  const binsKey = await ports.keys.generate();
  const bins = firstTrust({ keyIds: [binsKey.keyId], threshold: 1 });
  const repository: NewTufRepository = {
    ...kept,
    keys: { ...kept.keys, [binsKey.keyId]: binsKey.publicKey },
    trust: { ...kept.trust, bins },
  };
  const seen = new Map([...listed, ["snapshot", snapshotVersion], ["timestamp", timestampVersion]]);
  const roles = await firstRoles(ports, repository, { versionOf: (role) => seen.get(role) ?? 0, retired, custom });
  const earlier = source.roots.slice(0, -1).map((former) => fileOf(ports, "root", former));
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
  for (const failure of failures.values()) throw failure;
  await commitPending(run, new HeadMemory());
}

/** Byte for byte as it was published. */
function fileOf(
  { codec, clock }: ImportPorts,
  role: string,
  { bytes, document: { signed } }: ForeignFile<"root" | "targets">,
): SignedFile {
  return {
    role,
    metadataVersion: signed.version,
    signedAt: clock.now(),
    expiresAt: Date.parse(signed.expires),
    sha256: toHex(codec.sha256(bytes)),
    length: bytes.length,
    bytes,
  };
}
