import { binIndexOf, binName } from "../../domain/tuf/hash-bins.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { BinEdits, TargetEdit, TargetEdits } from "../../domain/tuf/target-edits.js";
import type { Target } from "../../domain/tuf/target.js";
import type { TufStore } from "../../domain/tuf/tuf-store.js";
import { checkNotAborted } from "./aborted.js";
import { existingRepository } from "./existing-repository.js";

export interface EditPorts {
  readonly store: Pick<TufStore, "repository">;
  readonly edits: TargetEdits;
  readonly codec: Pick<MetadataCodec, "pathDigest">;
}

export interface EditOptions {
  /** Ends the call between two batches; what was accepted before stays accepted. */
  readonly signal?: AbortSignal;
}

export interface EditReport {
  /** How many targets were accepted. */
  readonly targets: number;
  /** The bins that they belong into, in the order of their names. */
  readonly bins: readonly string[];
}

/** Edits that are accepted in one transaction. */
const EDITS_AT_A_TIME = 4_000;

/**
 * Accepts edits in batches, each of them whole or not at all; a call of up to 4,000 edits is one batch. If the database
 * fails between two batches, the first is accepted, and repeating the call is safe.
 * @param targets by path; `null` removes
 * @throws {TufError} REPOSITORY_NOT_FOUND
 * @throws {DistinctionError} ABORTED
 */
export async function editBins(
  { store, codec, edits }: EditPorts,
  name: string,
  targets: Iterable<readonly [path: string, target: Target | null]>,
  { signal }: EditOptions = {},
): Promise<EditReport> {
  const repository = await existingRepository(store, name);
  const sorted = Array.from(targets, ([path, target]): TargetEdit & { readonly bin: number } => {
    const digest = codec.pathDigest(path);
    return { path, digest, target, bin: binIndexOf(repository, digest) };
  }).sort((left, right) => left.bin - right.bin);
  const bins = new Set<string>();
  for (let start = 0; start < sorted.length; start += EDITS_AT_A_TIME) {
    checkNotAborted(signal, `${start} of ${sorted.length} edits are accepted`);
    const byBin = new Map<number, BinEdits & { readonly edits: TargetEdit[] }>();
    for (const edit of sorted.slice(start, start + EDITS_AT_A_TIME)) {
      let ofBin = byBin.get(edit.bin);
      if (ofBin === undefined) byBin.set(edit.bin, (ofBin = { bin: binName(repository, edit.bin), edits: [] }));
      ofBin.edits.push(edit);
    }
    const batch = [...byBin.values()];
    await edits.accept(name, batch);
    for (const { bin } of batch) bins.add(bin);
  }
  return { targets: sorted.length, bins: [...bins].sort() };
}
