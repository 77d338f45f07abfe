import { createHash } from "node:crypto";
import { DEFAULT_EXPIRY } from "../../domain/tuf/expiry.js";
import { binNames, binOf, digestRange } from "../../domain/tuf/hash-bins.js";
import { ed25519Key, type TufKey } from "../../domain/tuf/key.js";
import type { NewTufRepository } from "../../domain/tuf/repository.js";
import { firstTrust } from "../../domain/tuf/trust.js";
import type { Target } from "../../domain/tuf/target.js";
import type { NewRole, RoleKind, SignedFile } from "../../domain/tuf/tuf-store.js";

/** The port does not look into files: any bytes do. All times are whole seconds. */
export const EXPIRES = Date.UTC(2030, 0, 1);
export const SIGNED = Date.UTC(2029, 0, 1);
const BINS = { bitLength: 2, namePrefix: "bins" };

export function repositoryNamed(name: string): NewTufRepository {
  const trust = firstTrust({ keyIds: ["k1"], threshold: 1 });
  return {
    name,
    ...BINS,
    expiry: DEFAULT_EXPIRY,
    keys: { k1: keyNamed("k1") },
    trust: { root: trust, targets: trust, snapshot: trust, timestamp: trust, bins: trust },
  };
}

export function keyNamed(keyId: string): TufKey {
  return ed25519Key(sha256(Buffer.from(keyId)));
}

export function firstRoles(): readonly NewRole[] {
  const role = (name: string, kind: RoleKind): NewRole => ({ name, kind, file: fileOf(name, 1) });
  const bins = binNames(BINS).map((name, index) => ({ ...role(name, "bin"), range: digestRange(BINS, index) }));
  return [
    role("root", "root"),
    role("targets", "targets"),
    ...bins,
    role("snapshot", "snapshot"),
    role("timestamp", "timestamp"),
  ];
}

/** Content that differs by role, version and `mark`, with bytes that no text encoding survives. */
export function fileOf(role: string, metadataVersion: number, mark = "", expiresAt = EXPIRES): SignedFile {
  const bytes = Buffer.concat([Buffer.from(`${role} ${metadataVersion} ${mark}`), Buffer.from([0, 255, 254, 10])]);
  return {
    role,
    metadataVersion,
    signedAt: SIGNED + metadataVersion,
    expiresAt,
    sha256: sha256(bytes),
    length: bytes.length,
    bytes,
  };
}

export function targetOf(seed: string, custom?: Target["custom"]): Target {
  const target = { length: seed.length, sha256: sha256(Buffer.from(seed)) };
  return custom === undefined ? target : { ...target, custom };
}

export function binOfPath(path: string): string {
  return binOf(BINS, digestOf(path));
}

export function digestOf(path: string): Uint8Array {
  return createHash("sha256").update(path).digest();
}

/** The first `count` paths of the form `file-<n>` that belong into `bin`. */
export function pathsIn(bin: string, count: number): readonly string[] {
  const paths: string[] = [];
  for (let index = 0; paths.length < count; index++) {
    if (binOfPath(`file-${index}`) === bin) paths.push(`file-${index}`);
  }
  return paths;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
