import { TufError } from "../../../../domain/tuf/errors.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import type { BinEdits, TargetEdits } from "../../../../domain/tuf/target-edits.js";
import type { Target } from "../../../../domain/tuf/target.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { checkNotAborted } from "../../aborted.js";
import { existingRepository } from "../existing-repository.js";
import { checkRooms } from "./role-room.js";
import { type PlacedEdit, TargetPlaces } from "./target-places.js";

export interface EditPorts {
  readonly store: Pick<TufStore, "repository" | "targetCount" | "heldPaths">;
  readonly edits: TargetEdits;
  readonly codec: Pick<MetadataCodec, "pathDigest">;
  /** By name, what was last read of repositories: so that it is not read for each call. */
  readonly known?: Map<string, TufRepository>;
}

export interface EditOptions {
  /** Ends the call between two batches; what was accepted before stays accepted. */
  readonly signal?: AbortSignal;
  /** Told of each batch that is accepted: how many edits it has. */
  readonly onEdits?: (edits: number) => void;
}

export interface EditReport {
  /** How many targets were accepted; of a removal, how many of them were there. */
  readonly targets: number;
  /** The bins and custom roles that they belong into, or were in, in the order of their names. */
  readonly bins: readonly string[];
}

/** Edits that are accepted in one transaction. */
const EDITS_AT_A_TIME = 4_000;

/**
 * Accepts edits in batches, each of them whole or not at all; a call of up to 4,000 edits is one batch. If the database
 * fails between two batches, the first is accepted, and repeating the call is safe.
 * @param targets by path; `null` removes. Checked, and nobody else's: they are kept while the call waits
 * @throws {TufError} REPOSITORY_NOT_FOUND; INVALID_TARGET_PATH for a path that some clients would not find; METADATA_TOO_LARGE for
 *   a custom role without bins that would hold more than clients can read
 * @throws {DistinctionError} ABORTED
 */
export async function editBins(
  ports: EditPorts,
  name: string,
  targets: ReadonlyMap<string, Target | null>,
  options?: EditOptions,
): Promise<EditReport> {
  const known = ports.known?.get(name);
  const report = known && (await editByKnown(ports, known, targets, options));
  if (report !== undefined) return report;
  const repository = await existingRepository(ports.store, name);
  ports.known?.set(name, repository);
  const places = new TargetPlaces(repository, ports.codec);
  const edits = places.editsOf([...targets]);
  // Each batch is checked when it is accepted; of several, nothing is accepted where not all can be.
  if (edits.length > EDITS_AT_A_TIME) await checkRooms(ports, name, places, edits);
  return acceptPlaced(ports, name, places, edits, options);
}

/** One batch, by what is known of the repository; `undefined` where more than one is needed, or what is so now may decide otherwise. */
async function editByKnown(
  ports: EditPorts,
  known: TufRepository,
  targets: ReadonlyMap<string, Target | null>,
  options?: EditOptions,
): Promise<EditReport | undefined> {
  if (targets.size > EDITS_AT_A_TIME) return undefined;
  try {
    const places = new TargetPlaces(known, ports.codec);
    const edits = places.editsOf([...targets]);
    if (edits.length > EDITS_AT_A_TIME) return undefined;
    return await acceptPlaced(ports, known.name, places, edits, { ...options, follows: known.targetsVersion });
  } catch (error) {
    if (error instanceof TufError) return undefined;
    throw error;
  }
}

/** As `editBins`, with these places. */
export function acceptEdits(
  ports: Pick<EditPorts, "edits">,
  name: string,
  places: TargetPlaces,
  targets: ReadonlyMap<string, Target>,
): Promise<EditReport> {
  return acceptPlaced(ports, name, places, places.editsOf([...targets]));
}

async function acceptPlaced(
  { edits }: Pick<EditPorts, "edits">,
  name: string,
  places: TargetPlaces,
  placed: PlacedEdit[],
  { signal, onEdits, follows }: EditOptions & Pick<BinEdits, "follows"> = {},
): Promise<EditReport> {
  const sorted = placed.sort((left, right) => left.place - right.place);
  const gone = new Map<string, PlacedEdit>();
  for (let start = 0; start < sorted.length; start += EDITS_AT_A_TIME) {
    checkNotAborted(signal, `${start} of ${sorted.length} edits are accepted`);
    const some = sorted.slice(start, start + EDITS_AT_A_TIME);
    const removed = await edits.accept(name, places.grouped(some, follows));
    for (const edit of some) if (removed.has(edit)) gone.set(edit.path, edit);
    onEdits?.(some.length);
  }
  const put = sorted.filter(({ target }) => target !== null);
  // A call adds or removes. What an added target leaves elsewhere is not counted.
  const counted = put.length > 0 ? put : [...gone.values()];
  const holders = new Set(counted.map(({ place }) => place));
  return { targets: counted.length, bins: Array.from(holders, (place) => places.nameOf(place)).sort() };
}
