import type { JsonObject } from "./json.js";
import type { MetadataDocument, MetadataType, Signature } from "./metadata-document.js";

/** Port: the wire format. Pure functions; all of them linear in the size of the document. */
export interface MetadataCodec {
  /**
   * The canonical bytes of a JSON object: what gets signed and what key ids are made of (TUF 1.0.33 §4.1).
   * @throws {TufError} INVALID_METADATA for what canonical JSON cannot hold
   */
  canonical(value: JsonObject): Uint8Array;

  /** The canonical text of an object's members: that of the object without its braces. */
  members(value: JsonObject): string;

  /**
   * A canonical snapshot, or the file of one, whose `meta` is empty, with `members` in it. Text in pieces that are known
   * already, spliced in: a snapshot lists thousands of roles, and few of them change at a time.
   * @throws {TufError} INVALID_METADATA where there is no empty `meta`
   */
  withMeta(envelope: Uint8Array, members: Uint8Array): Uint8Array;

  /** The bytes of a metadata file: `signed`, already canonical, with its signatures. */
  file(signed: Uint8Array, signatures: readonly Signature[]): Uint8Array;

  /**
   * Reads a metadata file and checks its shape; unknown fields are preserved, signatures are not checked.
   * @throws {TufError} INVALID_METADATA, also for another `_type` than asked for
   */
  decode<T extends MetadataType>(type: T, bytes: Uint8Array): MetadataDocument<T>;

  /** 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;

  /** The SHA-256 of a target path's UTF-8 form: 32 bytes. The leading bits choose its bin (TAP 15). */
  pathDigest(path: string): Uint8Array;
}
