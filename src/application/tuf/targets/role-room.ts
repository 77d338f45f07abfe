import type { TargetFault } from "../../../../domain/tuf/errors.js";
import { checkRoom, MAX_TARGETS, roomFault } from "../../../../domain/tuf/metadata-size.js";
import { growthBy, lastOfEach } from "../../../../domain/tuf/target-edits.js";
import { shownPath } from "../../../../domain/tuf/target-path.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import type { PlacedEdit, TargetPlaces } from "./target-places.js";

export interface RoomPorts {
  readonly store: Pick<TufStore, "targetCount" | "heldPaths">;
}

/** A custom role that holds all of its targets itself, and may not have room for all that is to be added to it. */
interface Crowded {
  readonly role: string;
  readonly held: ReadonlySet<string>;
  readonly edits: readonly PlacedEdit[];
}

/**
 * Whether custom roles without bins have room for edits. Another call that adds meanwhile may leave less.
 * @throws {TufError} METADATA_TOO_LARGE
 */
export async function checkRooms(
  ports: RoomPorts,
  name: string,
  places: TargetPlaces,
  edits: readonly PlacedEdit[],
): Promise<void> {
  for await (const { role, held, edits: ofRole } of crowded(ports, name, places, edits)) {
    checkRoom(
      role,
      held.size,
      growthBy(lastOfEach(ofRole), ({ path }) => held.has(path)),
    );
  }
}

/**
 * The targets that custom roles without bins have no room for, those that come last; room that the same edits would make by
 * taking others away does not count.
 * @param edits at most one of each path that adds
 */
export async function roomFaults(
  ports: RoomPorts,
  name: string,
  places: TargetPlaces,
  edits: readonly PlacedEdit[],
): Promise<ReadonlyMap<string, readonly TargetFault[]>> {
  const faults = new Map<string, readonly TargetFault[]>();
  for await (const { role, held, edits: ofRole } of crowded(ports, name, places, edits)) {
    const added = ofRole.filter(({ path, target }) => target !== null && !held.has(path));
    const reason = roomFault(role, held.size, added.length);
    if (reason === undefined) continue;
    for (const { path } of added.slice(Math.max(0, MAX_TARGETS - held.size))) {
      faults.set(path, [{ code: "METADATA_TOO_LARGE", path: shownPath(path), reason }]);
    }
  }
  return faults;
}

async function* crowded(
  { store }: RoomPorts,
  name: string,
  places: TargetPlaces,
  edits: readonly PlacedEdit[],
): AsyncGenerator<Crowded> {
  const byRole = new Map<string, PlacedEdit[]>();
  for (const edit of edits) {
    const role = places.wholeAt(edit.place);
    if (role === undefined) continue;
    const ofRole = byRole.get(role);
    if (ofRole === undefined) byRole.set(role, [edit]);
    else ofRole.push(edit);
  }
  for (const [role, ofRole] of byRole) {
    const count = await store.targetCount(name, role, MAX_TARGETS + 1);
    const most = ofRole.filter(({ target }) => target !== null).length;
    if (count + most > MAX_TARGETS) yield { role, held: await heldBy(store, name, role), edits: ofRole };
  }
}

/** Asked only where a role might come to its limit: one page of the table, for hardly any role has more. */
async function heldBy(store: RoomPorts["store"], name: string, space: string): Promise<ReadonlySet<string>> {
  const page = { after: { space, digest: new Uint8Array(), path: "" }, limit: MAX_TARGETS + 1 };
  const held = await store.heldPaths(name, "", page);
  return new Set(held.filter((one) => one.space === space).map(({ path }) => path));
}
