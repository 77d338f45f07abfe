import type { Target } from "./target.js";

/**
 * Port: accepts edits of targets durably. An edit moves the record version of its bin, which makes the bin dirty; nothing
 * is signed here. Edits of different bins share no row; concurrent edits of one bin are merged, and of one path the last
 * accepted wins.
 */
export interface TargetEdits {
  /**
   * Adds or replaces targets of one bin; all or nothing. Targets already stored exactly so change nothing.
   * @param targets by path; every path belongs into `bin`
   * @throws {TufError} UNKNOWN_ROLE (also when there is no such repository)
   */
  put(repository: string, bin: string, targets: ReadonlyMap<string, Target>): Promise<void>;

  /**
   * Removes targets of one bin; all or nothing. Paths that are not there change nothing.
   * @throws {TufError} UNKNOWN_ROLE (also when there is no such repository)
   */
  drop(repository: string, bin: string, paths: ReadonlySet<string>): Promise<void>;
}
