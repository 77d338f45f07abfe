import { customRoleOf, hiddenPathFault, speaksFor } from "../../domain/tuf/custom-role.js";
import { InvalidTargetsError, type TargetFault } from "../../domain/tuf/errors.js";
import { binIndexOf, binName } from "../../domain/tuf/hash-bins.js";
import type { MetadataCodec } from "../../domain/tuf/metadata-codec.js";
import type { TufRepository } from "../../domain/tuf/repository.js";
import type { BinEdits, TargetEdit } from "../../domain/tuf/target-edits.js";
import { shownPath } from "../../domain/tuf/target-path.js";
import type { Target } from "../../domain/tuf/target.js";

/** An edit with the place that it is for: the number of a custom role, or of a bin after them. */
export interface PlacedEdit extends TargetEdit {
  readonly place: number;
  /** Whether the path belongs there; elsewhere it is only taken away. */
  readonly isOwner: boolean;
}

/**
 * Where targets of a repository belong: to the first custom role that speaks for their path, else to a bin. What was
 * elsewhere before is taken away, so that a path is in one role only, and removing it there removes it.
 */
export class TargetPlaces {
  constructor(
    private readonly repository: Pick<TufRepository, "customRoles" | "bitLength" | "namePrefix">,
    private readonly codec: Pick<MetadataCodec, "pathDigest">,
  ) {}

  /**
   * @returns in no special order; places that a path leaves come after the one that it enters
   * @throws {TufError} INVALID_TARGET_PATH (an `InvalidTargetsError`) for paths that some clients would not find
   */
  editsOf(targets: readonly (readonly [path: string, target: Target | null])[]): PlacedEdit[] {
    const { customRoles } = this.repository;
    if (customRoles.length === 0) {
      return targets.map(([path, target]) => {
        const digest = this.codec.pathDigest(path);
        return { path, digest, target, place: binIndexOf(this.repository, digest), isOwner: true };
      });
    }
    this.#checkFound(targets);
    return targets.flatMap(([path, target]) => {
      const digest = this.codec.pathDigest(path);
      return this.#placesOf(path, digest).map((place, index) => {
        const isOwner = index === 0;
        return { path, digest, target: isOwner ? target : null, place, isOwner };
      });
    });
  }

  /** One entry per place, as `TargetEdits` takes them. */
  grouped(edits: readonly PlacedEdit[]): readonly BinEdits[] {
    const { customRoles } = this.repository;
    const byPlace = new Map<number, BinEdits & { readonly edits: TargetEdit[] }>();
    for (const edit of edits) {
      let same = byPlace.get(edit.place);
      if (same === undefined) {
        const bin = this.nameOf(edit.place);
        same = edit.place < customRoles.length ? { bin, space: bin, edits: [] } : { bin, edits: [] };
        byPlace.set(edit.place, same);
      }
      same.edits.push(edit);
    }
    return [...byPlace.values()];
  }

  /** The name of the role at a place. */
  nameOf(place: number): string {
    const { customRoles } = this.repository;
    return customRoles[place]?.name ?? binName(this.repository, place - customRoles.length);
  }

  /** The name of the role that a path belongs to. */
  ownerOf(path: string): string {
    const owner = customRoleOf(this.repository.customRoles, path);
    return owner?.name ?? binName(this.repository, binIndexOf(this.repository, this.codec.pathDigest(path)));
  }

  #placesOf(path: string, digest: Uint8Array): readonly number[] {
    const { customRoles } = this.repository;
    const speaking = customRoles.flatMap((role, index) => (speaksFor(role, path) ? [index] : []));
    return [...speaking, customRoles.length + binIndexOf(this.repository, digest)];
  }

  #checkFound(targets: readonly (readonly [path: string, target: Target | null])[]): void {
    const [first, ...others] = targets.flatMap(([path, target]): TargetFault[] => {
      const reason = target === null ? undefined : hiddenPathFault(this.repository.customRoles, path);
      return reason === undefined ? [] : [{ code: "INVALID_TARGET_PATH", path: shownPath(path), reason }];
    });
    if (first !== undefined) throw new InvalidTargetsError([first, ...others]);
  }
}
