import { TufError } from "./errors.js";

/**
 * Most bytes of a file of `targets`, a bin or a custom role: what python-tuf, go-tuf and tuf-js read where nobody states a
 * length, and our snapshots state versions only. Some 30,000 targets of usual paths.
 */
export const MAX_METADATA = 5_000_000;

/** The shortest that the text of a target can be: path, SHA-256 and length. */
const SHORTEST_ENTRY = `"a":{"hashes":{"sha256":"${"0".repeat(64)}"},"length":0},`;

/** Most targets of one role, however short their paths are. */
export const MAX_TARGETS = Math.floor(MAX_METADATA / SHORTEST_ENTRY.length);

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

/**
 * Before targets are accepted into a role that has no hash bins: whoever signs it has all of them in memory, and what clients
 * cannot read is never published.
 * @param held how many targets the role has; of more than `MAX_TARGETS` that they are more is enough
 * @param added by how many more it would grow; none where targets are only replaced or removed, which is let through
 * @throws {TufError} METADATA_TOO_LARGE
 */
export function checkRoom(role: string, held: number, added: number): void {
  const reason = roomFault(role, held, added);
  if (reason !== undefined) throw new TufError("METADATA_TOO_LARGE", reason);
}

/** What `checkRoom` refuses it for. */
export function roomFault(role: string, held: number, added: number): string | undefined {
  if (added <= 0 || held + added <= MAX_TARGETS) return undefined;
  const limit = MAX_TARGETS.toLocaleString("en");
  const shown = held > MAX_TARGETS ? `more than ${limit}` : held.toLocaleString("en");
  return (
    `role ${role}: ${shown} targets and ${added.toLocaleString("en")} new ones, ` +
    `clients read at most ${limit} of one role; give it hash bins`
  );
}
