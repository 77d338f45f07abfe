import { isDeepStrictEqual } from "node:util";
import { InvalidTargetsError, TufError } from "../../domain/tuf/errors.js";
import { checkRoom } from "../../domain/tuf/metadata-size.js";
import {
  areOfWholeRole,
  type BinEdits,
  growthBy,
  lastOfEach,
  type TargetEdit,
  type TargetEdits,
} from "../../domain/tuf/target-edits.js";
import { shownPath } from "../../domain/tuf/target-path.js";
import type { RoleRow, TufState } from "./tuf-state.js";

/** In-memory twin of the port. Every edit happens within one tick, so edits never meet. */
export class MemoryTargetEdits implements TargetEdits {
  constructor(private readonly state: TufState) {}

  async accept(repository: string, bins: readonly BinEdits[]): Promise<ReadonlySet<TargetEdit>> {
    const work = bins
      .filter(({ edits }) => edits.length > 0)
      .map((edits) => ({ ...edits, role: this.bin(repository, edits) }));
    for (const { role, edits } of work) {
      const stranger = edits.find(({ digest }) => !holds(role, digest));
      if (stranger === undefined) continue;
      const reason = `the path does not belong into ${role.name}`;
      throw new InvalidTargetsError([{ code: "INVALID_TARGET_PATH", path: shownPath(stranger.path), reason }]);
    }
    for (const { role, edits } of work.filter(areOfWholeRole)) {
      checkRoom(
        role.name,
        role.targets.size,
        growthBy(lastOfEach(edits), ({ path }) => role.targets.has(path)),
      );
    }
    const removed = new Set<TargetEdit>();
    for (const { role, edits, statedBy } of work) {
      const before = new Map(role.targets);
      for (const edit of edits) {
        const { path, target } = edit;
        if (target !== null) role.targets.set(path, structuredClone(target));
        else if (role.targets.delete(path)) removed.add(edit);
      }
      if (isDeepStrictEqual(before, role.targets)) continue;
      role.version += 1;
      if (statedBy === role.metadataVersion) role.signedVersion += 1;
    }
    return removed;
  }

  private bin(repository: string, { bin: name, space = "", follows }: BinEdits): RoleRow {
    const roles = this.state.repositories.get(repository)?.roles;
    const role = roles?.get(name);
    const isHolder = role?.range !== undefined && (role.kind === "bin" || role.kind === "custom");
    if (!isHolder || role.space !== space) {
      throw new TufError("UNKNOWN_ROLE", `repository ${repository} has no bin ${name}`);
    }
    if (follows === undefined || follows === roles?.get("targets")?.version) return role;
    throw new TufError("UNKNOWN_ROLE", `repository ${repository}: custom roles may have changed`);
  }
}

function holds({ range }: RoleRow, digest: Uint8Array): boolean {
  return range !== undefined && Buffer.compare(range.low, digest) <= 0 && Buffer.compare(digest, range.high) <= 0;
}
