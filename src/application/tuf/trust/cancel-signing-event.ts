import { closed } from "../../../../domain/tuf/signing-event.js";
import { type SigningPorts, signingStatus } from "./signing-status.js";

/**
 * Gives up a root that awaits signatures, so that another can be proposed. A first root can be given up too; the
 * repository then stays unpublished.
 * @throws {TufError} SIGNING_EVENT_CLOSED, SIGNING_EVENT_NOT_FOUND, REPOSITORY_NOT_FOUND
 */
export async function cancelSigningEvent(ports: SigningPorts, repository: string, number: number): Promise<void> {
  const { event } = await signingStatus(ports, repository, number);
  if ((await ports.trust.cancelEvent(repository, number)) === "applied") return;
  throw closed(number, event.state === "open" ? "finalised" : event.state);
}
