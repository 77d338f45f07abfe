import { TufError } from "../../../../domain/tuf/errors.js";
import type { Signature } from "../../../../domain/tuf/metadata-document.js";
import { checkSuccession } from "../../../../domain/tuf/root-succession.js";
import { addRootSignature } from "./add-root-signature.js";
import { finaliseEvent } from "./finalise-event.js";
import { keyAtHand, type KeyMeans } from "./key-at-hand.js";
import { signatureOf } from "./role-signing.js";
import type { SigningPorts, SigningStatus } from "./signing-status.js";

export interface SignRootReport {
  readonly status: SigningStatus;
  /** Ids of the keys that signed in this call. */
  readonly signedWith: readonly string[];
}

/**
 * Signs the root that awaits signatures with every key at hand that may sign it and has not. One that has them all, whose
 * last signer ended before it took effect, takes effect.
 * @param keyIds the keys to sign with; all that are at hand where none are given
 * @throws {TufError} KEY_NOT_FOUND where none of them is at hand, KEY_NOT_AUTHORIZED, ROOT_EXPIRED,
 *   SIGNING_EVENT_NOT_FOUND, SIGNER_UNAVAILABLE, REPOSITORY_NOT_FOUND
 */
export async function signRoot(
  ports: SigningPorts & KeyMeans,
  repository: string,
  keyIds?: readonly string[],
): Promise<SignRootReport> {
  let status = await finaliseEvent(ports, repository);
  if (status.event.state === "finalised") return { status, signedWith: [] };
  checkSuccession(status.root, status.former, ports.clock.now());
  const { number } = status.event;
  const signatures = await signaturesOf(ports, status, keyIds ?? unsigned(status));
  if (signatures.length === 0) {
    throw new TufError("KEY_NOT_FOUND", `signing event ${number}: no key that may sign it and has not is at hand`);
  }
  const signedWith: string[] = [];
  for (const signature of signatures) {
    // Enough of the others signed meanwhile.
    if (status.event.state !== "open") break;
    status = await addRootSignature(ports, repository, number, signature);
    signedWith.push(signature.keyid);
  }
  return { status, signedWith };
}

function unsigned({ event, progress }: SigningStatus): readonly string[] {
  const signed = new Set(event.signatures.map(({ keyid }) => keyid));
  return [...new Set(progress.flatMap(({ keyIds }) => keyIds))].filter((keyId) => !signed.has(keyId));
}

async function signaturesOf(
  means: KeyMeans,
  { event, root, former }: SigningStatus,
  keyIds: readonly string[],
): Promise<readonly Signature[]> {
  const signatures: Signature[] = [];
  for (const keyId of keyIds) {
    const signer = await keyAtHand(means, keyId, root.keys[keyId] ?? former?.keys[keyId]);
    if (signer !== undefined) signatures.push(await signatureOf(signer, event.payload));
  }
  return signatures;
}
