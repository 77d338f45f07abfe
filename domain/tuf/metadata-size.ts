import { TufError } from "./errors.js";

/**
 * Most bytes of a file of `targets`, a bin or a custom role: what python-tuf, go-tuf and tuf-js read where nobody states a
 * length, and our snapshots state versions only. Some 30,000 targets of usual paths.
 */
export const MAX_METADATA = 5_000_000;

/** Bytes that are left for signatures, which come after the check. */
const FOR_SIGNATURES = 65_536;

/**
 * @param bytes length of the file
 * @throws {TufError} METADATA_TOO_LARGE
 */
export function checkReadable(role: string, bytes: number): void {
  if (bytes <= MAX_METADATA) return;
  const limit = `clients read at most ${MAX_METADATA.toLocaleString("en")}`;
  throw new TufError(
    "METADATA_TOO_LARGE",
    `role ${role}: ${bytes.toLocaleString("en")} bytes, ${limit}; use more hash bins`,
  );
}

/** Before it is signed, so that nobody signs what no client reads. */
export function checkSignable(role: string, bytes: number): void {
  checkReadable(role, bytes + FOR_SIGNATURES);
}
