import { corrupt } from "../../../domain/tuf/errors.js";
import type { JsonObject } from "../../../domain/tuf/json.js";
import type { Target } from "../../../domain/tuf/target.js";
import type { Row } from "../connection/session.js";

/**
 * Of the columns `length`, `sha256` and `custom`.
 * @param which target it is, for people
 * @throws {TufError} CORRUPT_REPOSITORY where the custom metadata is no JSON object: nothing here wrote that
 */
export function readTarget(which: string, [length, sha256, custom]: Row): Target {
  const target = { length: Number(length), sha256: sha256 as string };
  return custom === null ? target : { ...target, custom: readCustom(which, custom as string) };
}

function readCustom(which: string, text: string): JsonObject {
  try {
    const read = JSON.parse(text) as JsonObject | null;
    if (typeof read === "object" && read !== null && !Array.isArray(read)) return read;
  } catch {
    // Told below.
  }
  throw corrupt(`the custom metadata of target ${which} is no JSON object`);
}
