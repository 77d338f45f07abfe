import { TufError } from "../../../../domain/tuf/errors.js";
import type { SignerSource } from "../../../../domain/tuf/key-store.js";
import type { Signature } from "../../../../domain/tuf/metadata-document.js";
import { checkSuccession } from "../../../../domain/tuf/root-succession.js";
import { addRootSignature } from "./add-root-signature.js";
import { finaliseEvent } from "./finalise-event.js";
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
  ports: SigningPorts & { readonly keys: SignerSource },
  repository: string,
  keyIds?: readonly string[],
): Promise<SignRootReport> {
  let status = await finaliseEvent(ports, repository);
  if (status.event.state === "finalised") return { status, signedWith: [] };
  checkSuccession(status.root, status.former, ports.clock.now());
  const { number, payload } = status.event;
  const signatures = await signaturesOf(ports.keys, keyIds ?? unsigned(status), payload);
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
  keys: SignerSource,
  keyIds: readonly string[],
  payload: Uint8Array,
): Promise<readonly Signature[]> {
  const signatures: Signature[] = [];
  for (const keyId of keyIds) {
    const signer = await keys.load(keyId);
    if (signer !== undefined) signatures.push(await signatureOf(signer, payload));
  }
  return signatures;
}
