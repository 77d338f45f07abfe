import { join } from "node:path";
import { makeTufWorld, type TufWorld } from "../application/tuf-world.js";
import { serve, type TestServer, TufClient } from "./tuf-client.js";

/** A repository of four bins, a web server over its storage, and a tuf-js client that trusts its first root. */
export interface ServedWorld {
  readonly world: TufWorld;
  readonly server: TestServer;
  readonly client: TufClient;
  /** Closes and removes all of it. */
  remove(): Promise<void>;
}

/** @param paths the targets that are published, each with its own path as content */
export async function servedWorld(...paths: string[]): Promise<ServedWorld> {
  const world = await makeTufWorld(4, Date.now());
  const server = await serve(world.metadata, (path) => Buffer.from(path));
  const client = await TufClient.trusting(join(world.metadata, "1.root.json"), server.url);
  await world.add(...paths);
  await world.publisher().publish("main");
  const remove = async (): Promise<void> => {
    await server.close();
    await client.remove();
    await world.remove();
  };
  return { world, server, client, remove };
}
