import { expect } from "vitest";
import { binNames } from "../../domain/tuf/hash-bins.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type {
  MetadataDocument,
  MetadataType,
  RootSigned,
  SnapshotSigned,
  TargetsSigned,
  TimestampSigned,
} from "../../domain/tuf/metadata-document.js";
import type { SignatureVerifier } from "../../domain/tuf/signature-verifier.js";
import { type Delegation, meetsThreshold } from "../../domain/tuf/threshold.js";
import type { MetadataFile } from "../../domain/tuf/tuf-store.js";
import { binOfPath } from "./tuf-place.js";

/** A file that the database keeps, and what it says. */
export interface KeptFile extends Omit<MetadataFile, "bytes"> {
  readonly bytes: Buffer;
  readonly document: MetadataDocument<MetadataType>;
}

/** Everything that was ever signed and is kept, by role and metadata version; versions ascend. */
export type History = ReadonlyMap<string, ReadonlyMap<number, KeptFile>>;

export function historyOf(files: readonly MetadataFile[], codec: MetadataCodec): History {
  const history = new Map<string, Map<number, KeptFile>>();
  for (const file of files.toSorted((one, other) => one.metadataVersion - other.metadataVersion)) {
    const bytes = Buffer.from(file.bytes);
    const { _type: type } = (JSON.parse(bytes.toString("utf8")) as MetadataDocument<MetadataType>).signed;
    const document = codec.decode(type, bytes);
    expect(document.signed.version, `${file.role} states its version`).toBe(file.metadataVersion);
    const ofRole = history.get(file.role) ?? new Map<number, KeptFile>();
    history.set(file.role, ofRole.set(file.metadataVersion, { ...file, bytes, document }));
  }
  return history;
}

const filesOf = (history: History, role: string): readonly KeptFile[] => [...(history.get(role)?.values() ?? [])];

/** I3: entries of a snapshot stay in all later ones and never fall; each names a file that is there. */
export function expectSnapshotsToGrow(history: History): void {
  let meta: SnapshotSigned["meta"] = {};
  for (const { document, metadataVersion } of filesOf(history, "snapshot")) {
    const next = (document.signed as SnapshotSigned).meta;
    for (const [name, { version }] of Object.entries(meta)) {
      expect(next[name]?.version ?? 0, `${name} in snapshot ${metadataVersion}`).toBeGreaterThanOrEqual(version);
    }
    for (const [name, { version }] of Object.entries(next)) {
      const isThere = history.get(name.replace(/\.json$/, ""))?.has(version);
      expect(isThere, `${name} ${version} of snapshot ${metadataVersion} is there`).toBe(true);
    }
    meta = next;
  }
}

/** I5: the snapshot that timestamps name never falls, is there, and is as they say; the last names the last. */
export function expectTimestampsToRise(history: History): void {
  const snapshots = history.get("snapshot");
  let last = 0;
  for (const { document, metadataVersion } of filesOf(history, "timestamp")) {
    const { version, length, hashes } = (document.signed as TimestampSigned).meta["snapshot.json"];
    expect(version, `the snapshot of timestamp ${metadataVersion}`).toBeGreaterThanOrEqual(last);
    last = version;
    const snapshot = snapshots?.get(version);
    expect({ length, sha256: hashes?.sha256 }).toEqual({ length: snapshot?.length, sha256: snapshot?.sha256 });
  }
  expect(last, "the snapshot of the last timestamp").toBe(filesOf(history, "snapshot").at(-1)?.metadataVersion);
}

/**
 * I4: of every timestamp there is a root whose keys signed it, its snapshot and that snapshot's `targets`; and whoever is
 * delegated to signed what that snapshot lists, with the keys that the delegation of then states. Roots follow each other.
 */
export function expectAllToVerify(history: History, { verifier }: { readonly verifier: SignatureVerifier }): void {
  const signedBy = memoized((delegation: Delegation, { document }: KeptFile) =>
    meetsThreshold(delegation, document.signedBytes, document.signatures, verifier),
  );
  const roots = filesOf(history, "root");
  const trusts = roots.map(({ document }) => rootedDelegations(document.signed as RootSigned));
  for (const [index, root] of roots.entries()) {
    for (const authority of trusts.slice(Math.max(0, index - 1), index + 1)) {
      expect(signedBy(authority.root, root), `root ${root.metadataVersion} is signed`).toBe(true);
    }
  }
  for (const timestamp of filesOf(history, "timestamp")) {
    const what = `timestamp ${timestamp.metadataVersion}`;
    const named = (timestamp.document.signed as TimestampSigned).meta["snapshot.json"].version;
    const snapshot = history.get("snapshot")?.get(named);
    if (snapshot === undefined) throw new Error(`${what}: snapshot ${named} is missing`);
    const { meta } = snapshot.document.signed as SnapshotSigned;
    const listed = (role: string): KeptFile => {
      const file = history.get(role)?.get(meta[`${role}.json`]?.version ?? 0);
      if (file === undefined) throw new Error(`${what}: ${role} is missing`);
      return file;
    };
    const targets = listed("targets");
    const isTrusted = trusts.some(
      (trust) =>
        signedBy(trust.timestamp, timestamp) && signedBy(trust.snapshot, snapshot) && signedBy(trust.targets, targets),
    );
    expect(isTrusted, `${what}: one root's keys signed it, its snapshot and targets`).toBe(true);
    for (const { role, delegation } of reachable(targets, listed)) {
      expect(signedBy(delegation, listed(role)), `${what}: ${role} is signed by whom it is delegated to`).toBe(true);
    }
  }
}

interface Reached {
  readonly role: string;
  readonly delegation: Delegation;
}

function* reachable(from: KeptFile, listed: (role: string) => KeptFile): Generator<Reached> {
  for (const reached of delegationsIn(from)) {
    yield reached;
    yield* reachable(listed(reached.role), listed);
  }
}

/** Whom a file of type `targets` delegates to; the same objects for the same file, as `memoized` needs it. */
const delegationsIn = memoizedOne(({ document }: KeptFile): readonly Reached[] => {
  const { keys = {}, roles = [], succinct_roles: succinct } = (document.signed as TargetsSigned).delegations ?? {};
  const listed = roles.map(({ name, ...rest }) => ({ role: name, delegation: { ...rest, keys } }));
  if (succinct === undefined) return listed;
  const delegation = { ...succinct, keys };
  const names = binNames({ bitLength: succinct.bit_length, namePrefix: succinct.name_prefix });
  return [...listed, ...Array.from(names, (role) => ({ role, delegation }))];
});

function rootedDelegations({ keys, roles }: RootSigned): Readonly<Record<MetadataType, Delegation>> {
  const of = (role: MetadataType): Delegation => ({ ...roles[role], keys });
  return { root: of("root"), targets: of("targets"), snapshot: of("snapshot"), timestamp: of("timestamp") };
}

/**
 * I6: what was published stays in every later snapshot, in its bin and nowhere else.
 * @param since by path of targets that nobody changed: the first snapshot that had it
 */
export function expectKept(history: History, since: ReadonlyMap<string, number>): void {
  for (const { document, metadataVersion } of filesOf(history, "snapshot")) {
    const places = new Map<string, string[]>();
    for (const [name, { version }] of Object.entries((document.signed as SnapshotSigned).meta)) {
      const role = name.replace(/\.json$/, "");
      const { targets = {} } = history.get(role)?.get(version)?.document.signed as Partial<TargetsSigned>;
      for (const path of Object.keys(targets)) places.set(path, [...(places.get(path) ?? []), role]);
    }
    for (const [path, first] of since) {
      if (metadataVersion < first) continue;
      expect(places.get(path), `${path} in snapshot ${metadataVersion}`).toEqual([binOfPath(path)]);
    }
  }
}

/** Signatures are checked once per delegation and file, however many snapshots list the file. */
function memoized<A extends object, B extends object, T>(work: (one: A, other: B) => T): (one: A, other: B) => T {
  const known = new Map<A, Map<B, T>>();
  return (one, other) => {
    let ofOne = known.get(one);
    if (ofOne === undefined) known.set(one, (ofOne = new Map<B, T>()));
    let answer = ofOne.get(other);
    if (answer === undefined) ofOne.set(other, (answer = work(one, other)));
    return answer;
  };
}

function memoizedOne<A extends object, T>(work: (one: A) => T): (one: A) => T {
  const known = new WeakMap<A, { readonly answer: T }>();
  return (one) => {
    let entry = known.get(one);
    if (entry === undefined) known.set(one, (entry = { answer: work(one) }));
    return entry.answer;
  };
}
