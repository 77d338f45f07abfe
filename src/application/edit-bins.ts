import { binOf } from "../../domain/tuf/hash-bins.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { TargetEdits } from "../../domain/tuf/target-edits.js";
import type { TufStore } from "../../domain/tuf/tuf-store.js";
import { existingRepository } from "./existing-repository.js";
import { inParallel } from "./in-parallel.js";

export interface EditPorts {
  readonly store: Pick<TufStore, "repository">;
  readonly edits: TargetEdits;
  readonly codec: Pick<MetadataCodec, "pathDigest">;
}

export interface EditReport {
  /** How many targets the call named. */
  readonly targets: number;
  /** The bins that they belong into, in the order of their names. */
  readonly bins: readonly string[];
}

const BINS_AT_A_TIME = 8;

/**
 * Groups paths by their bin and edits the bins. Each is one transaction: if the database fails between two of them, the
 * first is accepted, and repeating the call is safe.
 * @throws {TufError} REPOSITORY_NOT_FOUND
 */
export async function editBins(
  { store, codec }: EditPorts,
  name: string,
  paths: Iterable<string>,
  edit: (bin: string, paths: ReadonlySet<string>) => Promise<void>,
): Promise<EditReport> {
  const repository = await existingRepository(store, name);
  const byBin = new Map<string, Set<string>>();
  for (const path of paths) {
    const bin = binOf(repository, codec.pathDigest(path));
    const group = byBin.get(bin);
    if (group === undefined) byBin.set(bin, new Set([path]));
    else group.add(path);
  }
  await inParallel(byBin, BINS_AT_A_TIME, ([bin, group]) => edit(bin, group));
  const targets = [...byBin.values()].reduce((sum, group) => sum + group.size, 0);
  return { targets, bins: [...byBin.keys()].sort() };
}
