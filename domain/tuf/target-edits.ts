import type { Target } from "./target.js";

/** What shall be so of one path. */
export interface TargetEdit {
  readonly path: string;
  /** SHA-256 of the path's UTF-8 form: 32 bytes. */
  readonly digest: Uint8Array;
  /** `null`: no such target. */
  readonly target: Target | null;
}

/** Edits of one bin, or of one custom role; of several edits of a path the last holds. */
export interface BinEdits {
  readonly bin: string;
  /** Whose targets they are among: the bins share one space, the default `""`; a custom role has one of its own, of its name. */
  readonly space?: string;
  readonly edits: readonly TargetEdit[];
  /**
   * The metadata version whose file states these edits already. While it is the role's newest, they leave the role as clean
   * as it is: what others signed is taken over without being signed again.
   */
  readonly statedBy?: number;
  /**
   * The record version of `targets` at which these edits belonged here, where that was read some time ago. The same for all
   * bins of a call, of which nothing is accepted if it has moved: custom roles may have changed.
   */
  readonly follows?: number;
}

/**
 * Port: accepts edits of targets durably. An edit moves the record version of its bin, which makes the bin dirty; nothing
 * is signed here. Edits of different bins share no row; of concurrent edits of one path the last accepted wins.
 */
export interface TargetEdits {
  /**
   * Adds, replaces and removes targets: all of the call or nothing. A target that is stored exactly so already, and a
   * path to remove that is not there, change nothing; a bin of which nothing changes stays clean.
   * @param bins different ones
   * @returns those of the edits that took a target away, by what the call read before it wrote; of a batch also those of other calls
   * @throws {TufError} UNKNOWN_ROLE (also when there is no such repository, and when `targets` has moved from what the edits
   *   follow), INVALID_TARGET_PATH for a path whose digest is not in the bin's range, METADATA_TOO_LARGE for a custom role without bins that would hold more than clients can read,
   *   however many add to it at once
   */
  accept(repository: string, bins: readonly BinEdits[]): Promise<ReadonlySet<TargetEdit>>;
}

/** Of several edits of a path the last, where the first was. */
export function lastOfEach(edits: readonly TargetEdit[]): readonly TargetEdit[] {
  return edits.length === 1 ? edits : [...new Map(edits.map((edit) => [edit.path, edit])).values()];
}

/** Whether edits are of a custom role that holds all of its targets itself: bins are named otherwise than their space. */
export function areOfWholeRole({ bin, space = "" }: Pick<BinEdits, "bin" | "space">): boolean {
  return bin === space;
}

/**
 * By how many targets edits make a role grow; less than none where they take more away.
 * @param edits at most one of each path
 */
export function growthBy(edits: readonly TargetEdit[], isHeld: (edit: TargetEdit) => boolean): number {
  let growth = 0;
  for (const edit of edits) {
    if (edit.target === null) growth -= isHeld(edit) ? 1 : 0;
    else growth += isHeld(edit) ? 0 : 1;
  }
  return growth;
}
