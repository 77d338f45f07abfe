import type { MetadataDocument } from "../../../../domain/tuf/metadata-document.js";
import { trustUpdates } from "../../../../domain/tuf/root-succession.js";
import { checkNotRevoked } from "../../../../domain/tuf/trust-change.js";
import type { CommitOutcome } from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";
import { wholeFile } from "./role-signing.js";
import type { SigningPorts } from "./signing-status.js";

/**
 * Makes a root that was checked the newest, with the trust that it states. What it changes is signed by the next publish,
 * which also publishes it.
 * @throws {TufError} INVALID_TRUST where it names a revoked key
 * @param event the number of the event that collected its signatures
 */
export async function commitRoot(
  { store, trust, codec, clock }: SigningPorts,
  name: string,
  { signed, signedBytes, signatures }: MetadataDocument<"root">,
  event: number | undefined,
): Promise<CommitOutcome> {
  const repository = await existingRepository(store, name);
  checkNotRevoked(Object.keys(signed.keys), await trust.revokedKeys(name));
  const bytes = codec.file(signedBytes, signatures);
  const now = clock.now();
  const edition = { metadataVersion: signed.version, signedAt: now, expiresAt: Date.parse(signed.expires) };
  const file = wholeFile(codec, "root", bytes, edition);
  return trust.commitRoot(name, { file, updates: trustUpdates(repository, signed, now), event });
}
