import { corrupt } from "../../domain/tuf/errors.js";
import { TIMESTAMP_FILE } from "./published-name.js";

/**
 * The version that a timestamp states.
 * @throws {TufError} CORRUPT_REPOSITORY
 */
export function versionIn(bytes: Uint8Array): number {
  try {
    const { signed } = JSON.parse(Buffer.from(bytes).toString("utf8")) as { signed: { version: unknown } };
    if (Number.isSafeInteger(signed.version)) return signed.version as number;
  } catch (cause) {
    throw corrupt(`published ${TIMESTAMP_FILE} cannot be read`, { cause });
  }
  throw corrupt(`published ${TIMESTAMP_FILE} states no version`);
}
