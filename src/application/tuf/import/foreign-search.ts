import { binsBelow, type CustomRole } from "../../../../domain/tuf/custom-role.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import {
  customRoleOf,
  isWithinLimit,
  MAX_ASKED,
  searchBy,
  searchOrder,
  speaksFor,
} from "../../../../domain/tuf/role-search.js";
import { shownPath } from "../../../../domain/tuf/target-path.js";
import type { Target } from "../../../../domain/tuf/target.js";
import { type Foreign, isBin, unsupported } from "./foreign-delegations.js";
import { isSameTarget } from "../targets/signed-targets.js";

type Kept = Omit<CustomRole, "expiry">;

/**
 * Compares what clients find in a source with what they will find here, where targets of its top-level role and of its
 * bins come after all custom roles, and where a role with bins below it is terminating. Remembers targets only of paths that
 * this can make a difference for.
 */
export class ForeignSearch {
  /** Roles that end the search here, and did not before. */
  readonly #ending: readonly Kept[];
  /** By path and role: all who hold a path that a custom role speaks for, and that is not in custom roles alone. */
  readonly #shared = new Map<string, Map<string, Target>>();

  /**
   * @param asked whom the source delegates to
   * @param kept its custom roles as they will be
   */
  constructor(
    private readonly asked: readonly Foreign[],
    private readonly kept: readonly Kept[],
    private readonly codec: Pick<MetadataCodec, "members" | "pathDigest">,
  ) {
    const ended = new Set(asked.filter(({ terminating }) => terminating).map(({ name }) => name));
    this.#ending = kept.filter((role) => binsBelow(role) !== undefined && !ended.has(role.name));
  }

  /** What `targets` or a bin holds. All of it comes before what custom roles hold. */
  addOwn(role: string, targets: ReadonlyMap<string, Target>): void {
    if (this.kept.length === 0) return;
    for (const [path, target] of targets) {
      if (customRoleOf(this.kept, path) !== undefined) this.#holders(path).set(role, target);
    }
  }

  /** What a custom role holds, or a bin below it. */
  addCustom(role: string, targets: ReadonlyMap<string, Target>): void {
    for (const [path, target] of targets) {
      const isShared = this.#shared.has(path) || this.#ending.some((one) => speaksFor(one, path));
      if (isShared) this.#holders(path).set(role, target);
    }
  }

  #holders(path: string): Map<string, Target> {
    const known = this.#shared.get(path) ?? new Map<string, Target>();
    this.#shared.set(path, known);
    return known;
  }

  /**
   * @throws {TufError} UNSUPPORTED_DELEGATION with the first path, and the custom role, that make a difference
   */
  check(): void {
    for (const [path, holders] of this.#shared) {
      const before = this.#foundBefore(path, holders);
      const search = searchOrder(this.kept, path);
      const { roles, end } = search;
      const holder = roles.find(({ name }) => holders.has(name));
      const own = end === undefined && isWithinLimit(search, undefined, true) ? this.#own(path, holders) : undefined;
      const after = holder === undefined ? own : holders.get(holder.name);
      if (isSameTarget(this.codec, before, after)) continue;
      const { name: role } = holder ?? end ?? roles.at(-1)!;
      const reason = `would be asked before who has "${shownPath(path)}" now; move that target into the role`;
      throw unsupported({ role }, reason);
    }
  }

  /** The role of all, then a pre-order search, which a terminating role ends (TUF 1.0.33 §5.6.7). */
  #foundBefore(path: string, holders: ReadonlyMap<string, Target>): Target | undefined {
    const digest = this.codec.pathDigest(path);
    const { roles } = searchBy(this.asked, (one) => (isBin(one) ? one.holds(digest) : speaksFor(one, path)));
    const holder = [TARGETS, ...roles.slice(0, MAX_ASKED).map(({ name }) => name)].find((name) => holders.has(name));
    return holder === undefined ? undefined : holders.get(holder);
  }

  /** Of `targets` and the bins whoever comes first: what is kept in a bin of ours. */
  #own(path: string, holders: ReadonlyMap<string, Target>): Target | undefined {
    const own = [TARGETS, ...this.asked.filter(isBin).map(({ name }) => name)].find((name) => holders.has(name));
    return own === undefined ? undefined : holders.get(own);
  }
}

const TARGETS = "targets";
