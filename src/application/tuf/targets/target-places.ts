import { binsBelow } from "../../../../domain/tuf/custom-role.js";
import { InvalidTargetsError, type TargetFault } from "../../../../domain/tuf/errors.js";
import { binCount, binIndexOf, binName, type HashBins } from "../../../../domain/tuf/hash-bins.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import { customRoleOf, hiddenPathFault, speaksFor } from "../../../../domain/tuf/role-search.js";
import type { BinEdits, TargetEdit } from "../../../../domain/tuf/target-edits.js";
import { shownPath } from "../../../../domain/tuf/target-path.js";
import type { Target } from "../../../../domain/tuf/target.js";

/** An edit with the place that it is for: the number of a custom role, of a bin below one, or of a bin after them. */
export interface PlacedEdit extends TargetEdit {
  readonly place: number;
}

/** The places of one space, which are numbered one after the other. */
interface Space {
  readonly first: number;
  readonly name: string;
  /** `undefined`: one role holds all of it. */
  readonly bins: HashBins | undefined;
}

/**
 * Where targets of a repository belong: to the custom role that clients come to first and that delegates their path no
 * further, else to a bin. What was elsewhere before is taken away, so that a path is in one role only, and removing it there removes it.
 */
export class TargetPlaces {
  /** Those of the custom roles, in their order. */
  readonly #custom: readonly Space[];
  readonly #own: Space;

  constructor(
    private readonly repository: Pick<TufRepository, "customRoles" | "bitLength" | "namePrefix">,
    private readonly codec: Pick<MetadataCodec, "pathDigest">,
  ) {
    let first = 0;
    this.#custom = repository.customRoles.map((role) => {
      const space = { first, name: role.name, bins: binsBelow(role) };
      first += space.bins === undefined ? 1 : binCount(space.bins);
      return space;
    });
    this.#own = { first, name: "", bins: repository };
  }

  /**
   * @returns in no special order; places that a path leaves come after the one that it enters
   * @throws {TufError} INVALID_TARGET_PATH (an `InvalidTargetsError`) for paths that some clients would not find
   */
  editsOf(targets: readonly (readonly [path: string, target: Target | null])[]): PlacedEdit[] {
    const { customRoles } = this.repository;
    if (customRoles.length === 0) {
      return targets.map(([path, target]) => {
        const digest = this.codec.pathDigest(path);
        return { path, digest, target, place: binIndexOf(this.repository, digest) };
      });
    }
    this.#checkFound(targets);
    return targets.flatMap(([path, target]) => {
      const digest = this.codec.pathDigest(path);
      // Elsewhere than where it belongs it is only taken away.
      return this.#spacesOf(path).map((space, index) => {
        return { path, digest, target: index === 0 ? target : null, place: placeIn(space, digest) };
      });
    });
  }

  /**
   * One entry per place, as `TargetEdits` takes them.
   * @param follows see `BinEdits`
   */
  grouped(edits: readonly PlacedEdit[], follows?: number): readonly BinEdits[] {
    const checked = follows === undefined ? {} : { follows };
    const byPlace = new Map<number, BinEdits & { readonly edits: TargetEdit[] }>();
    for (const edit of edits) {
      let same = byPlace.get(edit.place);
      if (same === undefined) {
        const bin = this.nameOf(edit.place);
        const { name: space } = this.#spaceAt(edit.place);
        same = space === "" ? { bin, edits: [], ...checked } : { bin, space, edits: [], ...checked };
        byPlace.set(edit.place, same);
      }
      same.edits.push(edit);
    }
    return [...byPlace.values()];
  }

  /** The name of the role at a place. */
  nameOf(place: number): string {
    const { first, name, bins } = this.#spaceAt(place);
    return bins === undefined ? name : binName(bins, place - first);
  }

  /** The name of the role at a place, where that is a custom role which holds all of its targets itself. */
  wholeAt(place: number): string | undefined {
    const { name, bins } = this.#spaceAt(place);
    return bins === undefined ? name : undefined;
  }

  /** The name of the role that holds a path, or would hold it. */
  ownerOf(path: string): string {
    const [space] = this.#spacesOf(path);
    return this.nameOf(placeIn(space, this.codec.pathDigest(path)));
  }

  #spaceAt(place: number): Space {
    return this.#custom.findLast(({ first }) => first <= place && place < this.#own.first) ?? this.#own;
  }

  /** Where the path could be: where it belongs comes first. */
  #spacesOf(path: string): readonly [Space, ...Space[]] {
    const { customRoles } = this.repository;
    const owner = customRoleOf(customRoles, path);
    const speaking = this.#custom.filter((_, index) => speaksFor(customRoles[index]!, path));
    const ofOwner = speaking.find(({ name }) => name === owner?.name);
    if (ofOwner === undefined) return [this.#own, ...speaking];
    return [ofOwner, ...speaking.filter((space) => space !== ofOwner), this.#own];
  }

  /** Why some clients would not find a target of this path, if it is so. */
  faultsOf(path: string): readonly TargetFault[] {
    const reason = hiddenPathFault(this.repository.customRoles, path);
    return reason === undefined ? [] : [{ code: "INVALID_TARGET_PATH", path: shownPath(path), reason }];
  }

  #checkFound(targets: readonly (readonly [path: string, target: Target | null])[]): void {
    const [first, ...others] = targets.flatMap(([path, target]) => (target === null ? [] : this.faultsOf(path)));
    if (first !== undefined) throw new InvalidTargetsError([first, ...others]);
  }
}

function placeIn({ first, bins }: Space, digest: Uint8Array): number {
  return bins === undefined ? first : first + binIndexOf(bins, digest);
}
