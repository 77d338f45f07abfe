import { customRoleOf, searchOrder } from "../../../../domain/tuf/custom-role.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import { shownPath } from "../../../../domain/tuf/target-path.js";
import type { Target } from "../../../../domain/tuf/target.js";
import { type ForeignBin, type ForeignCustom, isBin, unsupported } from "./foreign-delegations.js";
import { isSameTarget } from "../targets/signed-targets.js";

/**
 * Compares what clients find in a source with what they will find here, where targets of its top-level role and of its
 * bins come after all custom roles. Remembers targets of paths only that both could hold.
 */
export class ForeignSearch {
  readonly #custom: readonly ForeignCustom[];
  /** By path and role: all who hold a path that a custom role speaks for, and that is not in custom roles alone. */
  readonly #shared = new Map<string, Map<string, Target>>();

  constructor(
    private readonly asked: readonly (ForeignBin | ForeignCustom)[],
    private readonly codec: Pick<MetadataCodec, "members" | "pathDigest">,
  ) {
    this.#custom = asked.filter((role): role is ForeignCustom => !isBin(role));
  }

  /** What `targets` or a bin holds. All of it comes before what custom roles hold. */
  addOwn(role: string, targets: ReadonlyMap<string, Target>): void {
    if (this.#custom.length === 0) return;
    for (const [path, target] of targets) {
      if (customRoleOf(this.#custom, path) === undefined) continue;
      const holders = this.#shared.get(path) ?? new Map<string, Target>();
      this.#shared.set(path, holders.set(role, target));
    }
  }

  /** What a custom role holds, or a bin below it. */
  addCustom(role: string, targets: ReadonlyMap<string, Target>): void {
    if (this.#shared.size === 0) return;
    for (const [path, target] of targets) this.#shared.get(path)?.set(role, target);
  }

  /**
   * @throws {TufError} UNSUPPORTED_DELEGATION with the first path, and the custom role, that make a difference
   */
  check(): void {
    for (const [path, holders] of this.#shared) {
      const before = this.#foundBefore(path, holders);
      const { roles, bins } = searchOrder(this.#custom, path);
      const holder = roles.find(({ role }) => holders.has(role));
      const after = holder === undefined ? (bins ? this.#own(path, holders) : undefined) : holders.get(holder.role);
      if (isSameTarget(this.codec, before, after)) continue;
      const { role } = holder ?? roles.at(-1)!;
      throw unsupported(role, `would be asked before who has "${shownPath(path)}" now; move that target into the role`);
    }
  }

  /** A pre-order search, which a terminating role ends (TUF 1.0.33 §5.6.7). */
  #foundBefore(path: string, holders: ReadonlyMap<string, Target>): Target | undefined {
    const own = holders.get(TARGETS);
    if (own !== undefined) return own;
    const digest = this.codec.pathDigest(path);
    for (const one of this.asked) {
      const speaks = isBin(one) ? one.holds(digest) : customRoleOf([one], path) !== undefined;
      if (!speaks) continue;
      if (holders.has(one.role)) return holders.get(one.role);
      if (one.terminating) return undefined;
    }
    return undefined;
  }

  /** Of `targets` and the bins whoever comes first: what is kept in a bin of ours. */
  #own(path: string, holders: ReadonlyMap<string, Target>): Target | undefined {
    const own = [TARGETS, ...this.asked.filter(isBin).map(({ role }) => role)].find((role) => holders.has(role));
    return own === undefined ? undefined : holders.get(own);
  }
}

const TARGETS = "targets";
