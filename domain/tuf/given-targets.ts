import { InvalidTargetsError, type TargetFault } from "./errors.js";
import { readTarget, type Target } from "./target.js";

/**
 * Targets as a caller gives them, each read once when it comes: what is accepted later is what was checked, whatever the
 * caller's objects are by then. Of a path that comes twice the last holds.
 */
export class GivenTargets {
  readonly #targets = new Map<string, Target>();
  readonly #faults = new Map<string, readonly TargetFault[]>();

  /** All of a list, before anything is waited for. */
  static of(given: Iterable<readonly [path: string, target: Target]>): GivenTargets {
    const targets = new GivenTargets();
    for (const entry of given) targets.add(entry);
    return targets;
  }

  add(entry: readonly [path: string, target: Target]): void {
    if (!Array.isArray(entry)) {
      const reason = "a path and its target, as a pair, are needed";
      this.#faults.set("", [{ code: "INVALID_TARGET", path: "", reason }]);
      return;
    }
    const [path, given] = entry as readonly [string, Target];
    const read = readTarget(path, given);
    if ("target" in read) {
      this.#targets.set(path, read.target);
      this.#faults.delete(path);
    } else {
      this.#faults.set(path, read.faults);
      this.#targets.delete(path);
    }
  }

  /** Different paths. */
  get size(): number {
    return this.#targets.size + this.#faults.size;
  }

  /** Those that have no fault. */
  get targets(): ReadonlyMap<string, Target> {
    return this.#targets;
  }

  /** What is wrong with the others, by path. */
  get faults(): ReadonlyMap<string, readonly TargetFault[]> {
    return this.#faults;
  }

  /**
   * All of them.
   * @throws {TufError} INVALID_TARGET_PATH, INVALID_TARGET (an `InvalidTargetsError` with every fault)
   */
  checked(): ReadonlyMap<string, Target> {
    const [first, ...others] = [...this.#faults.values()].flat();
    if (first !== undefined) throw new InvalidTargetsError([first, ...others]);
    return this.#targets;
  }
}
