import type { Clock } from "../../../../domain/distinction/clock.js";
import { TufError } from "../../../../domain/tuf/errors.js";
import type { RootSigned } from "../../../../domain/tuf/metadata-document.js";
import { authoritiesOf } from "../../../../domain/tuf/root-succession.js";
import type { SignatureVerifier } from "../../../../domain/tuf/signature-verifier.js";
import { type Progress, progressOf, type SigningEvent } from "../../../../domain/tuf/signing-event.js";
import type { Authority } from "../../../../domain/tuf/threshold.js";
import type { TrustStore } from "../../../../domain/tuf/trust-store.js";
import { rootAt, type RootPorts } from "./root-files.js";

export interface SigningPorts extends RootPorts {
  readonly trust: TrustStore;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
}

/** A root that awaits, or awaited, signatures, and how far it is. */
export interface SigningStatus {
  readonly event: SigningEvent;
  /** What is signed, read. */
  readonly root: RootSigned;
  /** The root that it follows; `undefined` for the first. */
  readonly former: RootSigned | undefined;
  /** Of those who must agree: the keys of the former root, and its own. */
  readonly progress: readonly Progress[];
}

/**
 * An event with its progress: `event.payload` is what is to be signed.
 * @param number of the event; the one that is open where none is given
 * @throws {TufError} SIGNING_EVENT_NOT_FOUND, REPOSITORY_NOT_FOUND
 */
export async function signingStatus(ports: SigningPorts, repository: string, number?: number): Promise<SigningStatus> {
  const { trust } = ports;
  const event =
    number === undefined ? await trust.openEventOf(repository, "root") : await trust.signingEvent(repository, number);
  if (event !== undefined) return statusOf(ports, repository, event);
  const which = number === undefined ? "no signing event is open" : `there is no signing event ${number}`;
  throw new TufError("SIGNING_EVENT_NOT_FOUND", `repository ${repository}: ${which}`);
}

async function statusOf(ports: SigningPorts, repository: string, event: SigningEvent): Promise<SigningStatus> {
  const { codec, verifier } = ports;
  const { signed: root } = codec.decode("root", codec.file(event.payload, []));
  const former = (await rootAt(ports, repository, event.metadataVersion - 1))?.signed;
  return { event, root, former, progress: progressOf(event, authoritiesOf(root, former), verifier) };
}

export function authoritiesIn({ root, former }: SigningStatus): readonly Authority[] {
  return authoritiesOf(root, former);
}
