import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Metadata, MetadataKind, Signature } from "@tufjs/models";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";

type Json = Record<string, unknown>;

/** A key as other tools have it. */
export interface ForeignKey {
  readonly keyId: string;
  readonly publicKey: Json;
  readonly pem: string;
  readonly privateKey: KeyObject;
  readonly sign: (bytes: Uint8Array) => Buffer;
}

export function foreignKey(): ForeignKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const hex = Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url").toString("hex");
  const key = { keytype: "ed25519", scheme: "ed25519", keyval: { public: hex } };
  const keyId = createHash("sha256").update(new JsonMetadataCodec().canonical(key)).digest("hex");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  return { keyId, publicKey: key, pem, privateKey, sign: (bytes) => sign(null, bytes, privateKey) };
}

/** A key in PEM form, with the line break at its end that python-tuf writes, and an id that is no digest of anything. */
export function foreignPemKey(keyId: string, keytype: "ecdsa" | "rsa"): ForeignKey {
  const { publicKey, privateKey } =
    keytype === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2_048 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyval = { public: publicKey.export({ type: "spki", format: "pem" }) as string };
  const scheme = keytype === "rsa" ? "rsassa-pss-sha256" : "ecdsa-sha2-nistp256";
  const pss = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return {
    keyId,
    publicKey: { keytype, scheme, keyval },
    pem: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    privateKey,
    sign: (bytes) => sign("sha256", bytes, keytype === "rsa" ? pss : privateKey),
  };
}

/** Writes metadata as python-tuf does: indented by one, members in its order, not canonical; signed by the reference model. */
export class ForeignWriter {
  readonly keys = { root: foreignKey(), targets: foreignKey(), snapshot: foreignKey(), timestamp: foreignKey() };
  readonly bins = foreignKey();
  readonly meta: Json = {};
  expires = "2030-01-01T00:00:00Z";
  /** As python-tuf has it; go-tuf indents by tabs. */
  indent: string | number = 1;

  constructor(readonly directory: string) {}

  keysOf(...keys: readonly ForeignKey[]): Json {
    return Object.fromEntries(keys.map(({ keyId, publicKey }) => [keyId, publicKey]));
  }

  async root(version: number, signers = [this.keys.root], changes: Json = {}): Promise<void> {
    const roles = Object.entries(this.keys).map(([role, { keyId }]) => [role, { keyids: [keyId], threshold: 1 }]);
    const keys = this.keysOf(...Object.values(this.keys));
    const content = { consistent_snapshot: true, keys, roles: Object.fromEntries(roles), ...changes };
    await this.write(`${version}.root.json`, "root", version, content, signers);
  }

  /** @param signers the key of bins, or of `targets`, where none are given */
  async targets(
    role: string,
    version: number,
    targets: Json,
    delegations?: Json,
    signers = [role === "targets" ? this.keys.targets : this.bins],
  ): Promise<void> {
    const content = { targets, ...(delegations === undefined ? {} : { delegations }) };
    const bytes = await this.write(`${version}.${role}.json`, "targets", version, content, signers);
    this.meta[`${role}.json`] = { version, length: bytes.length, hashes: { sha256: sha256(bytes) } };
  }

  async snapshot(version: number, timestamp: number): Promise<void> {
    const content = { meta: this.meta };
    const bytes = await this.write(`${version}.snapshot.json`, "snapshot", version, content, [this.keys.snapshot]);
    const meta = { "snapshot.json": { version, length: bytes.length, hashes: { sha256: sha256(bytes) } } };
    await this.write("timestamp.json", "timestamp", timestamp, { meta }, [this.keys.timestamp]);
  }

  private async write(
    name: string,
    type: "root" | "targets" | "snapshot" | "timestamp",
    version: number,
    content: Json,
    signers: readonly ForeignKey[],
  ): Promise<Buffer> {
    const signed = { version, spec_version: "1.0.31", expires: this.expires, _type: type, ...content };
    const kind = { root: MetadataKind.Root, targets: MetadataKind.Targets, snapshot: MetadataKind.Snapshot };
    const kinds: Record<string, MetadataKind> = { ...kind, timestamp: MetadataKind.Timestamp };
    const metadata = Metadata.fromJSON(kinds[type] as MetadataKind.Root, { signed, signatures: [] });
    for (const { keyId, sign: signed } of signers) {
      metadata.sign((data) => new Signature({ keyID: keyId, sig: signed(data).toString("hex") }));
    }
    const { signatures } = metadata.toJSON() as { signatures: Json[] };
    const bytes = Buffer.from(JSON.stringify({ signatures, signed }, null, this.indent));
    await mkdir(this.directory, { recursive: true });
    await writeFile(join(this.directory, name), bytes);
    return bytes;
  }
}

/** A target whose content is its path, with custom metadata. */
export function foreignTarget(path: string): Json {
  const hashes = { sha256: sha256(path), sha512: createHash("sha512").update(path).digest("hex") };
  return { length: Buffer.byteLength(path), hashes, custom: { version: path.length, "x-note": "kept ü" } };
}

export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Targets as another tool states them, by path. */
export function foreignTargets(
  ...paths: readonly string[]
): Readonly<Record<string, ReturnType<typeof foreignTarget>>> {
  return Object.fromEntries(paths.map((path) => [path, foreignTarget(path)]));
}

/** A delegation of paths to a role that all of `keys` have to sign. */
export function foreignRole(
  name: string,
  keys: readonly ForeignKey[],
  paths: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { name, keyids: keys.map(({ keyId }) => keyId), threshold: keys.length, terminating: false, paths, ...more };
}
