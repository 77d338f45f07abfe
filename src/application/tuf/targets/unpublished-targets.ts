import type { Target } from "../../../../domain/tuf/target.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { isSameTarget, signedTargets } from "./signed-targets.js";
import { rereading, type StoredFilePorts } from "../stored-files.js";

export interface UnpublishedPorts extends StoredFilePorts {
  readonly store: TufStore;
}

/** An accepted edit that no metadata states yet. */
export interface UnpublishedTarget {
  readonly path: string;
  /** The bin or the custom role that it is in. */
  readonly bin: string;
  readonly change: "added" | "changed" | "removed";
  /** What is accepted; nothing where it was removed. */
  readonly target?: Target;
}

const BINS_AT_A_TIME = 32;

/**
 * Yields what the next publish will change, bin by bin: what is accepted against what the newest metadata states. No list
 * of edits is kept anywhere, so none can be lost or lie.
 * @throws {TufError} REPOSITORY_NOT_FOUND, CORRUPT_REPOSITORY
 */
export async function* unpublishedTargets(
  ports: UnpublishedPorts,
  repository: string,
): AsyncGenerator<UnpublishedTarget> {
  const { store, codec } = ports;
  for (let after = ""; ;) {
    const names = await store.dirtyRoles(repository, { after, limit: BINS_AT_A_TIME });
    const { states, signed } = await rereading(() => statesOf(ports, repository, names));
    for (const { name: bin, targets } of states) {
      const before = signed.get(bin) ?? new Map<string, Target>();
      for (const [path, target] of targets) {
        const published = before.get(path);
        if (published === undefined) yield { path, bin, change: "added", target };
        else if (!isSameTarget(codec, published, target)) yield { path, bin, change: "changed", target };
      }
      for (const path of before.keys()) if (!targets.has(path)) yield { path, bin, change: "removed" };
    }
    if (names.length < BINS_AT_A_TIME) return;
    after = names.at(-1)!;
  }
}

/** Bins and custom roles as they are accepted, and what their newest metadata states. */
async function statesOf(ports: UnpublishedPorts, repository: string, names: readonly string[]) {
  const all = await ports.store.roleStates(repository, names);
  const states = all.filter(({ kind }) => kind === "bin" || kind === "custom");
  return { states, signed: await signedTargets(ports, repository, states) };
}
