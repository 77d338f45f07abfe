import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import { checkRoom, MAX_TARGETS } from "../../../../domain/tuf/metadata-size.js";
import { growthBy, lastOfEach, type TargetEdits } from "../../../../domain/tuf/target-edits.js";
import { keptTarget, type Target } from "../../../../domain/tuf/target.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { checkNotAborted } from "../../aborted.js";
import { existingRepository } from "../existing-repository.js";
import { type PlacedEdit, TargetPlaces } from "./target-places.js";

export interface EditPorts {
  readonly store: Pick<TufStore, "repository" | "targetCount" | "heldPaths">;
  readonly edits: TargetEdits;
  readonly codec: Pick<MetadataCodec, "pathDigest">;
}

export interface EditOptions {
  /** Ends the call between two batches; what was accepted before stays accepted. */
  readonly signal?: AbortSignal;
  /** Told of each batch that is accepted: how many edits it has. */
  readonly onEdits?: (edits: number) => void;
}

export interface EditReport {
  /** How many targets were accepted. */
  readonly targets: number;
  /** The bins and custom roles that they belong into, in the order of their names. */
  readonly bins: readonly string[];
}

/** Edits that are accepted in one transaction. */
const EDITS_AT_A_TIME = 4_000;

/**
 * Accepts edits in batches, each of them whole or not at all; a call of up to 4,000 edits is one batch. If the database
 * fails between two batches, the first is accepted, and repeating the call is safe.
 * @param targets by path; `null` removes
 * @throws {TufError} REPOSITORY_NOT_FOUND; INVALID_TARGET_PATH for a path that some clients would not find; METADATA_TOO_LARGE for
 *   a custom role without bins that would hold more than clients can read
 * @throws {DistinctionError} ABORTED
 */
export async function editBins(
  ports: EditPorts,
  name: string,
  targets: Iterable<readonly [path: string, target: Target | null]>,
  options?: EditOptions,
): Promise<EditReport> {
  const repository = await existingRepository(ports.store, name);
  const places = new TargetPlaces(repository, ports.codec);
  const given = Array.from(targets, ([path, target]) => [path, target && keptTarget(target)] as const);
  const edits = places.editsOf(given);
  if (edits.length > EDITS_AT_A_TIME) await checkRooms(ports, name, places, edits);
  return acceptPlaced(ports, name, places, edits, options);
}

/**
 * Each batch is checked when it is accepted; this is for calls of several, so that nothing of them is accepted where not all
 * can be. Another call that adds meanwhile may leave room for the first batches only.
 */
async function checkRooms(
  { store }: Pick<EditPorts, "store">,
  name: string,
  places: TargetPlaces,
  edits: readonly PlacedEdit[],
): Promise<void> {
  const byRole = new Map<string, PlacedEdit[]>();
  for (const edit of edits) {
    const role = places.wholeAt(edit.place);
    if (role === undefined) continue;
    const ofRole = byRole.get(role);
    if (ofRole === undefined) byRole.set(role, [edit]);
    else ofRole.push(edit);
  }
  for (const [role, ofRole] of byRole) {
    const held = await store.targetCount(name, role, MAX_TARGETS + 1);
    const most = ofRole.filter(({ target }) => target !== null).length;
    if (held + most <= MAX_TARGETS) continue;
    const paths = await heldBy(store, name, role);
    checkRoom(
      role,
      held,
      growthBy(lastOfEach(ofRole), ({ path }) => paths.has(path)),
    );
  }
}

/** Asked only where a role might come to its limit: one page of the table, for hardly any role has more. */
async function heldBy(store: EditPorts["store"], name: string, space: string): Promise<ReadonlySet<string>> {
  const page = { after: { space, digest: new Uint8Array(), path: "" }, limit: MAX_TARGETS + 1 };
  const held = await store.heldPaths(name, "", page);
  return new Set(held.filter((one) => one.space === space).map(({ path }) => path));
}

/** As `editBins`, with these places. */
export function acceptEdits(
  ports: Pick<EditPorts, "edits">,
  name: string,
  places: TargetPlaces,
  targets: Iterable<readonly [path: string, target: Target | null]>,
): Promise<EditReport> {
  return acceptPlaced(ports, name, places, places.editsOf([...targets]));
}

async function acceptPlaced(
  { edits }: Pick<EditPorts, "edits">,
  name: string,
  places: TargetPlaces,
  placed: PlacedEdit[],
  { signal, onEdits }: EditOptions = {},
): Promise<EditReport> {
  const sorted = placed.sort((left, right) => left.place - right.place);
  for (let start = 0; start < sorted.length; start += EDITS_AT_A_TIME) {
    checkNotAborted(signal, `${start} of ${sorted.length} edits are accepted`);
    const some = sorted.slice(start, start + EDITS_AT_A_TIME);
    await edits.accept(name, places.grouped(some));
    onEdits?.(some.length);
  }
  const owned = sorted.filter(({ isOwner }) => isOwner);
  const owners = new Set(owned.map(({ place }) => place));
  return { targets: owned.length, bins: Array.from(owners, (place) => places.nameOf(place)).sort() };
}
