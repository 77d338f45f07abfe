import type { Signature } from "../../domain/tuf/metadata-document.js";
import { checkSuccession } from "../../domain/tuf/root-succession.js";
import { checkSignature, closed, duplicate, isComplete } from "../../domain/tuf/signing-event.js";
import { commitRoot } from "./commit-root.js";
import { authoritiesIn, type SigningPorts, signingStatus, type SigningStatus } from "./signing-status.js";

/**
 * Adds a signature that was made anywhere over the event's payload. Whoever adds the last one that is needed also makes
 * the root the newest; of several who do so at the same time exactly one does.
 * @returns the event afterwards: `finalised` once enough have signed
 * @throws {TufError} KEY_NOT_AUTHORIZED, INVALID_SIGNATURE, DUPLICATE_SIGNATURE, ROOT_EXPIRED, SIGNING_EVENT_CLOSED,
 *   SIGNING_EVENT_NOT_FOUND, REPOSITORY_NOT_FOUND
 */
export async function addRootSignature(
  ports: SigningPorts,
  repository: string,
  number: number,
  signature: Signature,
): Promise<SigningStatus> {
  const { trust, verifier, clock } = ports;
  const status = await signingStatus(ports, repository, number);
  checkSignature(status.event, authoritiesIn(status), signature, verifier);
  checkSuccession(status.root, status.former, clock.now());
  if ((await trust.addSignature(repository, number, signature)) === "duplicate") {
    throw duplicate(number, signature.keyid);
  }
  return finalised(ports, repository, number);
}

/** Read after the signature was added: the last of several signers sees all of theirs. */
async function finalised(ports: SigningPorts, repository: string, number: number): Promise<SigningStatus> {
  const status = await signingStatus(ports, repository, number);
  const { event, root, progress } = status;
  if (event.state === "cancelled") throw closed(number, event.state);
  if (event.state !== "open" || !isComplete(progress)) return status;
  const document = { signed: root, signedBytes: event.payload, signatures: event.signatures };
  await commitRoot(ports, repository, document, number);
  // Stale: another signer was first, or another root was installed. The event tells which.
  return signingStatus(ports, repository, number);
}
