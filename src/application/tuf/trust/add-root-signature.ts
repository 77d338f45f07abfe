import type { Signature } from "../../../../domain/tuf/metadata-document.js";
import { checkSuccession } from "../../../../domain/tuf/root-succession.js";
import { checkSignature, closed, duplicate } from "../../../../domain/tuf/signing-event.js";
import { finaliseEvent } from "./finalise-event.js";
import { authoritiesIn, type SigningPorts, type SigningStatus } from "./signing-status.js";

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
  const status = await finaliseEvent(ports, repository, number);
  checkSignature(status.event, authoritiesIn(status), signature, verifier);
  checkSuccession(status.root, status.former, clock.now());
  if ((await trust.addSignature(repository, number, signature)) === "duplicate") {
    throw duplicate(number, signature.keyid);
  }
  // Read after the signature was added: the last of several signers sees all of theirs.
  const now = await finaliseEvent(ports, repository, number);
  if (now.event.state === "cancelled") throw closed(number, now.event.state);
  return now;
}
