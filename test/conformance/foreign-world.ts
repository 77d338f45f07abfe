import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import { ForeignPlace } from "./foreign-place.js";

/** What another tool made and shows, and a world without a repository that has its online keys. */
export interface ForeignWorld {
  readonly world: TufWorld;
  readonly place: ForeignPlace;
  /** Removes all of it. */
  remove(): Promise<void>;
}

export async function foreignWorld(): Promise<ForeignWorld> {
  const world = await makeTufWorld(4, Date.now(), "none");
  const place = await ForeignPlace.make();
  await importOnlineKeys(world, place);
  await place.writer.root(1);
  const remove = async (): Promise<void> => {
    await place.remove();
    await world.remove();
  };
  return { world, place, remove };
}

/** Gives `world` the keys that the other tool signed with online. */
export async function importOnlineKeys({ ports }: TufWorld, { writer }: ForeignPlace): Promise<void> {
  for (const name of ["targets", "snapshot", "timestamp"] as const) await ports.keys.importKey(writer.keys[name].pem);
}
