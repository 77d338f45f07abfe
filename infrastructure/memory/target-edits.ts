import { isDeepStrictEqual } from "node:util";
import { TufError } from "../../domain/tuf/errors.js";
import type { TargetEdits } from "../../domain/tuf/target-edits.js";
import type { Target } from "../../domain/tuf/target.js";
import type { RoleRow, TufState } from "./tuf-state.js";

/** In-memory twin of the port. Every edit happens within one tick, so edits never meet. */
export class MemoryTargetEdits implements TargetEdits {
  constructor(private readonly state: TufState) {}

  async put(repository: string, bin: string, targets: ReadonlyMap<string, Target>): Promise<void> {
    const role = this.bin(repository, bin);
    const changed = [...targets].filter(([path, target]) => !isDeepStrictEqual(role.targets.get(path), target));
    for (const [path, target] of changed) role.targets.set(path, structuredClone(target));
    if (changed.length > 0) role.version += 1;
  }

  async drop(repository: string, bin: string, paths: ReadonlySet<string>): Promise<void> {
    const role = this.bin(repository, bin);
    const dropped = [...paths].filter((path) => role.targets.delete(path));
    if (dropped.length > 0) role.version += 1;
  }

  private bin(repository: string, name: string): RoleRow {
    const role = this.state.repositories.get(repository)?.roles.get(name);
    if (role?.kind !== "bin") throw new TufError("UNKNOWN_ROLE", `repository ${repository} has no bin ${name}`);
    return role;
  }
}
