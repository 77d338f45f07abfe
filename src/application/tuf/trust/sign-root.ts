import { checkSuccession } from "../../../../domain/tuf/root-succession.js";
import { addRootSignature } from "./add-root-signature.js";
import { finaliseEvent } from "./finalise-event.js";
import type { KeyMeans } from "./key-at-hand.js";
import type { KeyFailure } from "./key-failure.js";
import { signAtHand } from "./sign-at-hand.js";
import type { SigningPorts, SigningStatus } from "./signing-status.js";

export interface SignRootReport {
  readonly status: SigningStatus;
  /** Ids of the keys that signed in this call. */
  readonly signedWith: readonly string[];
  /** Keys that were to sign in this call and could not. */
  readonly keyFailures: readonly KeyFailure[];
}

/**
 * Signs the root that awaits signatures with every key at hand that may sign it and has not. One that has them all, whose
 * last signer ended before it took effect, takes effect.
 * @param keyIds the keys to sign with; all that are at hand where none are given
 * @throws {TufError} KEY_NOT_FOUND where none of them is at hand, SIGNER_UNAVAILABLE or INVALID_KEY where none of them signs because of
 *   that, KEY_NOT_AUTHORIZED, ROOT_EXPIRED, SIGNING_EVENT_NOT_FOUND, REPOSITORY_NOT_FOUND
 */
export async function signRoot(
  ports: SigningPorts & KeyMeans,
  repository: string,
  keyIds?: readonly string[],
): Promise<SignRootReport> {
  let status = await finaliseEvent(ports, repository);
  if (status.event.state === "finalised") return { status, signedWith: [], keyFailures: [] };
  checkSuccession(status.root, status.former, ports.clock.now());
  const { event, root, former } = status;
  const { number } = event;
  const { signatures, keyFailures } = await signAtHand(
    ports,
    keyIds ?? unsigned(status),
    (keyId) => root.keys[keyId] ?? former?.keys[keyId],
    event.payload,
    `signing event ${number}: no key that may sign it and has not is at hand`,
  );
  const signedWith: string[] = [];
  for (const signature of signatures) {
    // Enough of the others signed meanwhile.
    if (status.event.state !== "open") break;
    status = await addRootSignature(ports, repository, number, signature);
    signedWith.push(signature.keyid);
  }
  return { status, signedWith, keyFailures };
}

function unsigned({ event, progress }: SigningStatus): readonly string[] {
  const signed = new Set(event.signatures.map(({ keyid }) => keyid));
  return [...new Set(progress.flatMap(({ keyIds }) => keyIds))].filter((keyId) => !signed.has(keyId));
}
