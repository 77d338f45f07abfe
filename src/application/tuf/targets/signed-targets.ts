import { corrupt } from "../../../../domain/tuf/errors.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { TargetEntry } from "../../../../domain/tuf/metadata-document.js";
import type { Target } from "../../../../domain/tuf/target.js";
import type { RoleState } from "../../../../domain/tuf/tuf-store.js";
import { storedFiles, type StoredFilePorts } from "../stored-files.js";

/**
 * What the newest metadata of roles states, by role and path: the state before unpublished edits. Roles that were never
 * signed are left out.
 * @throws {TufError} CORRUPT_REPOSITORY
 */
export async function signedTargets(
  ports: StoredFilePorts,
  repository: string,
  states: readonly RoleState[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Target>>> {
  const references = states
    .filter(({ metadataVersion }) => metadataVersion > 0)
    .map(({ name, metadataVersion }) => ({ role: name, metadataVersion }));
  const files = await storedFiles(ports, repository, references);
  return new Map(
    files.map(({ role, bytes }) => {
      const { targets } = ports.codec.decode("targets", bytes).signed;
      return [role, new Map(Object.entries(targets).map(([path, entry]) => [path, targetFrom(path, entry)]))];
    }),
  );
}

/** Whether both are the same target, or no target. */
export function isSameTarget(
  codec: Pick<MetadataCodec, "members">,
  left: Target | undefined,
  right: Target | undefined,
): boolean {
  const text = (target: Target | undefined): string => (target === undefined ? "" : codec.members({ ...target }));
  return text(left) === text(right);
}

function targetFrom(path: string, { length, hashes: { sha256 }, custom }: TargetEntry): Target {
  if (sha256 === undefined) throw corrupt(`the metadata of target ${path} states no SHA-256`);
  return custom === undefined ? { length, sha256 } : { length, sha256, custom };
}
