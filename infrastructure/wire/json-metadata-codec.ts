import { createHash, hash } from "node:crypto";
import { TufError } from "../../domain/tuf/errors.js";
import type { JsonObject } from "../../domain/tuf/json.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { MetadataDocument, MetadataType, Signature } from "../../domain/tuf/metadata-document.js";
import { canonicalText, jsonText } from "./canonical-json.js";
import { checkedSignatures, checkedSigned, isObject } from "./metadata-shape.js";

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const EMPTY_META = Buffer.from('"meta":{}');
const CLOSING_BRACE = Buffer.from("}");

/** TUF's JSON wire format (TUF 1.0.33 §4.1). */
export class JsonMetadataCodec implements MetadataCodec {
  canonical(value: JsonObject): Uint8Array {
    return utf8.encode(canonicalText(value));
  }

  members(value: JsonObject): string {
    return canonicalText(value).slice(1, -1);
  }

  /** The first `"meta":{}` is the member and no content: in content its quotes would be escaped. */
  withMeta(envelope: Uint8Array, members: Uint8Array): Uint8Array {
    const bytes = bufferOf(envelope);
    const at = bytes.indexOf(EMPTY_META);
    if (at < 0) throw new TufError("INVALID_METADATA", "snapshot: no envelope, its meta is not empty");
    const inside = at + EMPTY_META.length - 1;
    return Buffer.concat([bytes.subarray(0, inside), members, bytes.subarray(inside)]);
  }

  /** The canonical bytes are spliced in as they stand, unless there is something to escape in them. */
  file(signed: Uint8Array, signatures: readonly Signature[]): Uint8Array {
    const bytes = bufferOf(signed);
    const json = holdsControl(bytes) ? utf8.encode(jsonText(strictUtf8.decode(signed))) : bytes;
    return Buffer.concat([utf8.encode(`{"signatures":${canonicalText(signatures)},"signed":`), json, CLOSING_BRACE]);
  }

  decode<T extends MetadataType>(type: T, bytes: Uint8Array): MetadataDocument<T> {
    const document = parsed(type, bytes);
    if (!isObject(document) || !isObject(document.signed)) {
      throw new TufError("INVALID_METADATA", `${type}: not an object with "signed"`);
    }
    return {
      signed: checkedSigned(type, document.signed),
      signedBytes: this.canonical(document.signed as JsonObject),
      signatures: checkedSignatures(type, document.signatures),
    };
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return createHash("sha256").update(bytes).digest();
  }

  pathDigest(path: string): Uint8Array {
    return hash("sha256", path, "buffer");
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Whether there are control characters; in UTF-8 no byte of a longer character is below 0x80. */
function holdsControl(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index]! < 0x20) return true;
  return false;
}

function parsed(type: MetadataType, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(strictUtf8.decode(bytes));
  } catch (cause) {
    throw new TufError("INVALID_METADATA", `${type}: not JSON in UTF-8`, { cause });
  }
}
