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
   * @throws {TufError} UNKNOWN_ROLE (also when there is no such repository), INVALID_TARGET_PATH for a path whose digest is
   *   not in the bin's range
   */
  accept(repository: string, bins: readonly BinEdits[]): Promise<void>;
}
