import { sameBytes } from "../../../../domain/distinction/types/binary-type.js";
import { corrupt, TufError } from "../../../../domain/tuf/errors.js";
import type { MetadataCodec } from "../../../../domain/tuf/metadata-codec.js";
import type { RootSigned } from "../../../../domain/tuf/metadata-document.js";
import type { MetadataFiles } from "../../../../domain/tuf/metadata-files.js";
import { publishedName } from "../../../../domain/tuf/publish-plan.js";
import { checkAuthorised } from "../../../../domain/tuf/root-succession.js";
import type { SignatureVerifier } from "../../../../domain/tuf/signature-verifier.js";
import type { TrustStore } from "../../../../domain/tuf/trust-store.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";

export interface ClientsRootPorts {
  readonly store: Pick<TufStore, "exportPosition" | "files" | "roleStates">;
  readonly trust: Pick<TrustStore, "releasedRoot">;
  readonly files: Pick<MetadataFiles, "read">;
  readonly codec: MetadataCodec;
  readonly verifier: SignatureVerifier;
}

/**
 * The root that clients come to from the newest that is recorded as published (TUF 1.0.33 §5.3): those that storage has go before
 * those of the database, which may have forgotten some; what is in storage and is no next root leads nobody further.
 * @returns `undefined` where storage has another root than that one: it may be another repository's
 * @throws {TufError} CORRUPT_REPOSITORY, STORAGE_UNAVAILABLE
 */
export async function clientsRoot(ports: ClientsRootPorts, repository: string): Promise<RootSigned | undefined> {
  const { root: seen } = await ports.store.exportPosition(repository);
  const released = await ports.trust.releasedRoot(repository);
  const first = Math.max(seen, 1);
  const [bytes, published] = [await committedRoot(ports, repository, first), await publishedRoot(ports, first)];
  if (published !== undefined && !sameBytes(published, bytes)) return undefined;
  let root = ports.codec.decode("root", bytes).signed;
  for (;;) {
    const version = root.version + 1;
    const next = nextRoot(ports, await publishedRoot(ports, version), root);
    if (next === undefined && version > released) return root;
    root = next ?? ports.codec.decode("root", await committedRoot(ports, repository, version)).signed;
  }
}

function publishedRoot({ files }: ClientsRootPorts, version: number): Promise<Uint8Array | undefined> {
  return files.read(publishedName({ role: "root", metadataVersion: version }));
}

async function committedRoot({ store }: ClientsRootPorts, repository: string, version: number): Promise<Uint8Array> {
  const [file] = await store.files(repository, [{ role: "root", metadataVersion: version }]);
  if (file === undefined) throw corrupt(`root ${version} is committed, but its file is missing`);
  return file.bytes;
}

/** `undefined` where these bytes are no root that clients of `current` go on to. */
function nextRoot(
  { codec, verifier }: ClientsRootPorts,
  bytes: Uint8Array | undefined,
  current: RootSigned,
): RootSigned | undefined {
  if (bytes === undefined) return undefined;
  try {
    const document = codec.decode("root", bytes);
    checkAuthorised(document, current, verifier);
    return document.signed.version === current.version + 1 ? document.signed : undefined;
  } catch (error) {
    if (error instanceof TufError) return undefined;
    throw error;
  }
}
