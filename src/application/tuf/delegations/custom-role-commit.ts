import { TufError } from "../../../../domain/tuf/errors.js";
import type { SigningEvent } from "../../../../domain/tuf/signing-event.js";
import { trustOf } from "../../../../domain/tuf/trust.js";
import type { RoleCommit, RoleState } from "../../../../domain/tuf/tuf-store.js";
import { wholeFile } from "../trust/role-signing.js";
import { nextEdition, signedFile, type SigningRun, type SignReport } from "../publish/signing-run.js";

/**
 * A custom role's next file, for as long as its trust is what it was when `state` was read: signed with the keys at hand,
 * or by people, whose signatures an event collects. `undefined` while too few of them have signed.
 * @throws {TufError} SIGNER_UNAVAILABLE, INVALID_KEY
 */
export async function customRoleCommit(
  run: SigningRun,
  state: RoleState,
  { awaiting }: SignReport,
): Promise<RoleCommit | undefined> {
  // What is asked for people's signatures is theirs to sign, even if keys come to hand meanwhile.
  const event = await openEvent(run, state);
  const commit = event === undefined ? await onlineCommit(run, state) : eventCommit(run, state, event);
  if (commit === undefined) awaiting.add(state.name);
  return commit;
}

/** The event that collects signatures for the role's next metadata. One whose version is taken, or expired, is given up. */
async function openEvent(
  { trust, repository, clock }: SigningRun,
  state: RoleState,
): Promise<SigningEvent | undefined> {
  const event = await trust.openEventOf(repository.name, state.name);
  if (event === undefined) return undefined;
  const isNext = event.metadataVersion === state.metadataVersion + 1 && event.signedVersion >= state.trustSince;
  if (isNext && event.expiresAt > clock.now()) return event;
  await trust.cancelEvent(repository.name, event.number);
  return undefined;
}

async function onlineCommit(run: SigningRun, state: RoleState): Promise<RoleCommit | undefined> {
  const { version: signedVersion, trustSince } = state;
  try {
    return { file: await signedFile(run, state), signedVersion, trustSince };
  } catch (error) {
    if (!(error instanceof TufError) || error.code !== "KEY_NOT_FOUND") throw error;
  }
  const { signed, edition } = nextEdition(run, state);
  const payload = run.codec.canonical(signed);
  // Occupied: another publisher asks for signatures already.
  await run.trust.openEvent(run.repository.name, { role: state.name, signedVersion, ...edition, payload });
  return undefined;
}

/** Each signature was verified before it was stored; those of keys that have gone since do not count. */
function eventCommit(
  { codec, clock, repository }: SigningRun,
  { name, trustSince }: RoleState,
  { number, payload, signatures, metadataVersion, expiresAt, signedVersion }: SigningEvent,
): RoleCommit | undefined {
  const { keyIds, threshold } = trustOf(repository.trust, name);
  const counted = signatures.filter(({ keyid }) => keyIds.includes(keyid));
  if (counted.length < threshold) return undefined;
  const edition = { metadataVersion, expiresAt, signedAt: clock.now() };
  const file = wholeFile(codec, name, codec.file(payload, counted), edition);
  return { file, signedVersion, trustSince, event: number };
}
