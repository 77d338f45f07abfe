import { checkSuccession } from "../../../../domain/tuf/root-succession.js";
import { isComplete } from "../../../../domain/tuf/signing-event.js";
import { commitRoot } from "./commit-root.js";
import { type SigningPorts, signingStatus, type SigningStatus } from "./signing-status.js";

/**
 * Makes the root of an event the newest where enough have signed it; of several who do so at the same time exactly one
 * does. Whoever comes by does it, because the one who signed last may have ended before.
 * @param number of the event; the one that is open where none is given
 * @returns the event afterwards
 * @throws {TufError} ROOT_EXPIRED, SIGNING_EVENT_NOT_FOUND, REPOSITORY_NOT_FOUND
 */
export async function finaliseEvent(ports: SigningPorts, repository: string, number?: number): Promise<SigningStatus> {
  const status = await signingStatus(ports, repository, number);
  const { event, root, former, progress } = status;
  if (event.state !== "open" || !isComplete(progress)) return status;
  checkSuccession(root, former, ports.clock.now());
  const document = { signed: root, signedBytes: event.payload, signatures: event.signatures };
  await commitRoot(ports, repository, document, event.number);
  // Stale: another signer was first, or another root was installed. The event tells which.
  return signingStatus(ports, repository, event.number);
}
