import { corrupt } from "../../../../domain/tuf/errors.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { MetadataDocument } from "../../../../domain/tuf/metadata-document.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";

export interface RootPorts {
  readonly store: TufStore;
  readonly codec: MetadataCodec;
}

/** A root as it was committed; `undefined` for version 0, before the first. */
export async function rootAt(
  { store, codec }: RootPorts,
  repository: string,
  version: number,
): Promise<MetadataDocument<"root"> | undefined> {
  if (version === 0) return undefined;
  const [file] = await store.files(repository, [{ role: "root", metadataVersion: version }]);
  if (file === undefined)
    throw corrupt(`root ${version} of repository ${repository} is committed, but its file is missing`);
  return codec.decode("root", file.bytes);
}

/** The newest root; `undefined` while the first awaits its signatures. */
export async function newestRoot(ports: RootPorts, repository: string): Promise<MetadataDocument<"root"> | undefined> {
  const [root] = await ports.store.roleStates(repository, ["root"]);
  return rootAt(ports, repository, root?.metadataVersion ?? 0);
}
