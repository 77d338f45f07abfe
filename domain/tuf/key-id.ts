import { toHex } from "./hex.js";
import type { TufKey } from "./key.js";
import type { MetadataCodec } from "./metadata-codec.js";

/** A key is named by the SHA-256 of its canonical form (TUF 1.0.33 §4.2, `KEYID`). */
export function keyIdOf(key: TufKey, codec: Pick<MetadataCodec, "canonical" | "sha256">): string {
  return toHex(codec.sha256(codec.canonical(key)));
}
