import { Metadata, MetadataKind } from "@tufjs/models";
import { TufError } from "../../domain/tuf/errors.js";
import { isHex32 } from "../../domain/tuf/hex.js";
import type { MetadataType, Signature, Signed } from "../../domain/tuf/metadata-document.js";

type Fields = Record<string, unknown>;

const KINDS: Readonly<Record<MetadataType, MetadataKind>> = {
  root: MetadataKind.Root,
  targets: MetadataKind.Targets,
  snapshot: MetadataKind.Snapshot,
  timestamp: MetadataKind.Timestamp,
};

/**
 * The signed object, once its shape is known to be what the specification asks for: targets and meta entries by checks of
 * our own, everything else (keys, roles, delegations) by the reference model, which is quadratic in the number of entries.
 * @throws {TufError} INVALID_METADATA
 */
export function checkedSigned<T extends MetadataType>(type: T, signed: Fields): Signed[T] {
  if (signed._type !== type) throw invalid(type, `_type is ${JSON.stringify(signed._type)?.slice(0, 40)}`);
  if (!isPositive(signed.version)) throw invalid(type, "version is no positive integer");
  if (typeof signed.expires !== "string" || Number.isNaN(Date.parse(signed.expires))) throw invalid(type, "expires");
  if (type === "targets") checkEntries(type, "targets", signed.targets, isTargetEntry);
  if (type === "snapshot") checkEntries(type, "meta", signed.meta, isMetaEntry);
  if (type === "timestamp") checkEntries(type, "meta", signed.meta, isMetaEntry, ["snapshot.json"]);
  // The model takes a list for an object without members.
  const stating = type === "root" ? signed : signed.delegations;
  if (isObject(stating) && !isObject(stating.keys)) throw invalid(type, "keys is no object");
  checkByModel(type, signed);
  return signed as Signed[T];
}

/**
 * @throws {TufError} INVALID_METADATA
 */
export function checkedSignatures(type: MetadataType, signatures: unknown): readonly Signature[] {
  if (!Array.isArray(signatures) || !signatures.every(isSignature)) throw invalid(type, "signatures");
  const keyIds = signatures.map(({ keyid }) => keyid);
  // TUF 1.0.33 §4.1: one signature per key, or a threshold could be reached by one key alone.
  if (new Set(keyIds).size < keyIds.length) throw invalid(type, "two signatures of one key");
  return signatures;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkByModel(type: MetadataType, signed: Fields): void {
  const small =
    type === "targets" ? { ...signed, targets: {} } : type === "snapshot" ? { ...signed, meta: {} } : signed;
  try {
    // One overload per kind in the model's types; the values agree by construction.
    Metadata.fromJSON(KINDS[type] as MetadataKind.Root, { signed: small, signatures: [] } as never);
  } catch (cause) {
    throw invalid(type, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function checkEntries(
  type: MetadataType,
  field: string,
  entries: unknown,
  isEntry: (entry: unknown) => boolean,
  required: readonly string[] = [],
): void {
  if (!isObject(entries)) throw invalid(type, `${field} is no object`);
  const missing = required.find((key) => !Object.hasOwn(entries, key));
  if (missing !== undefined) throw invalid(type, `${field} lacks ${missing}`);
  const bad = Object.keys(entries).find((key) => !isEntry(entries[key]));
  if (bad !== undefined) throw invalid(type, `${field}: entry ${JSON.stringify(bad.slice(0, 80))}`);
}

function isTargetEntry(entry: unknown): boolean {
  if (!isObject(entry) || !isLength(entry.length) || !isHashes(entry.hashes)) return false;
  return entry.custom === undefined || isObject(entry.custom);
}

function isMetaEntry(entry: unknown): boolean {
  if (!isObject(entry) || !isPositive(entry.version)) return false;
  const { length, hashes } = entry;
  return (length === undefined || isLength(length)) && (hashes === undefined || isHashes(hashes));
}

function isHashes(hashes: unknown): boolean {
  if (!isObject(hashes)) return false;
  if (hashes.sha256 !== undefined && !isHex32(hashes.sha256)) return false;
  const values = Object.values(hashes);
  return values.length > 0 && values.every((value) => typeof value === "string");
}

function isSignature(value: unknown): value is Signature {
  return isObject(value) && typeof value.keyid === "string" && typeof value.sig === "string";
}

function isLength(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPositive(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function invalid(type: MetadataType, what: string, options?: ErrorOptions): TufError {
  return new TufError("INVALID_METADATA", `${type}: ${what}`, options);
}
