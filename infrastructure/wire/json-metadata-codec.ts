import { createHash } from "node:crypto";
import { TufError } from "../../domain/tuf/errors.js";
import type { JsonObject } from "../../domain/tuf/json.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { MetadataDocument, MetadataType, Signature } from "../../domain/tuf/metadata-document.js";
import { canonicalText, jsonText } from "./canonical-json.js";
import { checkedSignatures, checkedSigned, isObject } from "./metadata-shape.js";

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** TUF's JSON wire format (TUF 1.0.33 §4.1). */
export class JsonMetadataCodec implements MetadataCodec {
  canonical(value: JsonObject): Uint8Array {
    return utf8.encode(canonicalText(value));
  }

  /** The canonical text is spliced in as it stands, so that a large document is encoded once. */
  file(signed: Uint8Array, signatures: readonly Signature[]): Uint8Array {
    const text = jsonText(strictUtf8.decode(signed));
    return utf8.encode(`{"signatures":${canonicalText(signatures)},"signed":${text}}`);
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
    return createHash("sha256").update(path, "utf8").digest();
  }
}

function parsed(type: MetadataType, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(strictUtf8.decode(bytes));
  } catch (cause) {
    throw new TufError("INVALID_METADATA", `${type}: not JSON in UTF-8`, { cause });
  }
}
