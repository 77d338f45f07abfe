import { TufError } from "../../../../domain/tuf/errors.js";
import { customRole } from "../../../../domain/tuf/delegation-change.js";
import type { Signature } from "../../../../domain/tuf/metadata-document.js";
import type { TufRepository } from "../../../../domain/tuf/repository.js";
import type { SignatureVerifier } from "../../../../domain/tuf/signature-verifier.js";
import { checkSignature, duplicate, type SigningEvent } from "../../../../domain/tuf/signing-event.js";
import { type Delegation, signersOf } from "../../../../domain/tuf/threshold.js";
import { trustOf } from "../../../../domain/tuf/trust.js";
import type { TrustStore } from "../../../../domain/tuf/trust-store.js";
import type { TufStore } from "../../../../domain/tuf/tuf-store.js";
import { existingRepository } from "../existing-repository.js";
import type { KeyMeans } from "../trust/key-at-hand.js";
import type { KeyFailure } from "../trust/key-failure.js";
import { signAtHand } from "../trust/sign-at-hand.js";

export interface DelegationSigningPorts {
  readonly store: Pick<TufStore, "repository">;
  readonly trust: Pick<TrustStore, "openEventOf" | "addSignature" | "cancelEvent">;
  readonly verifier: SignatureVerifier;
}

/** Metadata of a custom role that awaits signatures, and how far it is. A publish opens the event, and takes what is complete. */
export interface DelegationSigning {
  readonly role: string;
  /** `event.payload` is what is to be signed. */
  readonly event: SigningEvent;
  readonly threshold: number;
  /** Ids of the keys that may sign it. */
  readonly keyIds: readonly string[];
  /** Those of them that have. */
  readonly signed: readonly string[];
  /** Signatures that are still missing; 0: the next publish takes it. */
  readonly missing: number;
}

/**
 * What awaits signatures of a custom role.
 * @throws {TufError} UNKNOWN_ROLE, SIGNING_EVENT_NOT_FOUND, REPOSITORY_NOT_FOUND
 */
export async function delegationSigning(
  ports: DelegationSigningPorts,
  name: string,
  role: string,
): Promise<DelegationSigning> {
  const repository = await existingRepository(ports.store, name);
  customRole(repository.customRoles, role);
  const found = await openSigning(ports, repository, role);
  if (found !== undefined) return found;
  throw new TufError("SIGNING_EVENT_NOT_FOUND", `role ${role} awaits no signatures: a publish asks for them`);
}

/** As `delegationSigning`; `undefined` where nothing awaits signatures. */
export async function openSigning(
  { trust, verifier }: DelegationSigningPorts,
  repository: TufRepository,
  role: string,
): Promise<DelegationSigning | undefined> {
  const event = await trust.openEventOf(repository.name, role);
  if (event === undefined) return undefined;
  const delegation = delegationOf(repository, role);
  const { threshold, keyids: keyIds } = delegation;
  const signed = signersOf(delegation, event.payload, event.signatures, verifier);
  return { role, event, threshold, keyIds, signed, missing: Math.max(0, threshold - signed.length) };
}

/**
 * Adds a signature that was made anywhere over the event's payload; signers never wait for each other.
 * @returns how far it is with it
 * @throws {TufError} KEY_NOT_AUTHORIZED, INVALID_SIGNATURE, DUPLICATE_SIGNATURE, SIGNING_EVENT_NOT_FOUND, UNKNOWN_ROLE,
 *   REPOSITORY_NOT_FOUND
 */
export async function addDelegationSignature(
  ports: DelegationSigningPorts,
  name: string,
  role: string,
  signature: Signature,
): Promise<DelegationSigning> {
  const { event } = await delegationSigning(ports, name, role);
  const repository = await existingRepository(ports.store, name);
  checkSignature(event, [{ delegation: delegationOf(repository, role) }], signature, ports.verifier);
  if ((await ports.trust.addSignature(name, event.number, signature)) === "duplicate") {
    throw duplicate(event.number, signature.keyid);
  }
  return delegationSigning(ports, name, role);
}

export interface SignDelegationReport {
  readonly signing: DelegationSigning;
  /** Ids of the keys that signed in this call. */
  readonly signedWith: readonly string[];
  /** Keys that were to sign in this call and could not. */
  readonly keyFailures: readonly KeyFailure[];
}

/**
 * Signs what awaits signatures of a custom role with every key at hand that may sign it and has not.
 * @param keyIds the keys to sign with; all that are at hand where none are given
 * @throws {TufError} KEY_NOT_FOUND where none of them is at hand, SIGNER_UNAVAILABLE or INVALID_KEY where none of them signs because of
 *   that, and as `addDelegationSignature`
 */
export async function signDelegation(
  ports: DelegationSigningPorts & KeyMeans,
  name: string,
  role: string,
  keyIds?: readonly string[],
): Promise<SignDelegationReport> {
  let signing = await delegationSigning(ports, name, role);
  const { event, signed } = signing;
  const { keys } = await existingRepository(ports.store, name);
  const { signatures, keyFailures } = await signAtHand(
    ports,
    keyIds ?? signing.keyIds.filter((id) => !signed.includes(id)),
    (keyId) => keys[keyId],
    event.payload,
    `role ${role}: no key that may sign it and has not is at hand`,
  );
  for (const signature of signatures) signing = await addDelegationSignature(ports, name, role, signature);
  return { signing, signedWith: signatures.map(({ keyid }) => keyid), keyFailures };
}

/**
 * Gives up what awaits signatures of a custom role; the next publish asks for them anew, of what is accepted by then.
 * @throws {TufError} SIGNING_EVENT_NOT_FOUND, UNKNOWN_ROLE, REPOSITORY_NOT_FOUND
 */
export async function cancelDelegationSigning(
  ports: DelegationSigningPorts,
  name: string,
  role: string,
): Promise<void> {
  const { event } = await delegationSigning(ports, name, role);
  // Closed meanwhile is as good.
  await ports.trust.cancelEvent(name, event.number);
}

function delegationOf({ keys, trust }: TufRepository, role: string): Delegation {
  const { keyIds, threshold } = trustOf(trust, role);
  return { keys, keyids: keyIds, threshold };
}
