import { Fuse } from "../application/fuse.js";
import type { TufWorld } from "../application/tuf-world.js";

/**
 * A publish by a process that crashes at its call of a port with this number, in turns before and after the call's effect.
 *
 * @returns whether it crashed; it does not where it makes fewer calls
 */
export async function crashedPublish(world: TufWorld, calls: number): Promise<boolean> {
  const fuse = new Fuse(calls, calls % 2 === 0 ? "before" : "after");
  const { store, trust, files } = world.ports;
  const guarded = { store: fuse.guard(store), trust: fuse.guard(trust), files: fuse.guard(files) };
  await world
    .publisher(guarded)
    .publish("main")
    .catch(() => undefined);
  return fuse.blown;
}
