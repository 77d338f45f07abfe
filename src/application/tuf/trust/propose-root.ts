import { rootUnsigned, TufError } from "../../../../domain/tuf/errors.js";
import { expiresAt } from "../../../../domain/tuf/expiry.js";
import { checkSuccession, nextRoot } from "../../../../domain/tuf/root-succession.js";
import { isRooted, type RootedRole } from "../../../../domain/tuf/trust.js";
import { changedTrust, checkNotRevoked, type TrustChange } from "../../../../domain/tuf/trust-change.js";
import { existingRepository } from "../existing-repository.js";
import { newestRoot } from "./root-files.js";
import { type SigningPorts, signingStatus, type SigningStatus } from "./signing-status.js";

export interface RootProposal {
  /** None: the root is renewed with the trust that there is. */
  readonly changes?: readonly TrustChange<RootedRole>[];
  /** Epoch milliseconds; by the repository's expiry policy where none is given. */
  readonly expires?: number;
}

/**
 * Opens a signing event for the next root: other keys or thresholds for root, targets, snapshot or timestamp, or the same
 * for longer. It takes effect once it has the signatures that the current root asks for and those that it asks for itself.
 * @throws {TufError} INVALID_TRUST, ROOT_EXPIRED, ROOT_UNSIGNED, SIGNING_EVENT_OPEN, PUBLISH_CONTENDED where
 *   another root came first, REPOSITORY_NOT_FOUND
 */
export async function proposeRoot(
  ports: SigningPorts,
  name: string,
  { changes = [], expires }: RootProposal = {},
): Promise<SigningStatus> {
  const { store, trust, codec, clock } = ports;
  // Before the trust: one that is newer than this root is then told by the event, and none is taken back.
  const current = (await newestRoot(ports, name))?.signed;
  const repository = await existingRepository(store, name);
  if (current === undefined) {
    throw rootUnsigned(name);
  }
  checkRooted(changes);
  const now = clock.now();
  const plan = changedTrust({ keys: current.keys, trust: repository.trust }, changes);
  const edition = {
    metadataVersion: current.version + 1,
    signedAt: now,
    // Whole seconds are what `expires` can say.
    expiresAt: expires === undefined ? expiresAt(now, repository.expiry.root) : Math.floor(expires / 1000) * 1000,
  };
  const root = nextRoot(current, plan, edition);
  checkSuccession(root, current, now);
  checkNotRevoked(Object.keys(root.keys), await trust.revokedKeys(name));
  const number = await trust.openEvent(name, {
    role: "root",
    signedVersion: 0,
    ...edition,
    payload: codec.canonical(root),
  });
  if (number === "occupied") {
    throw new TufError("SIGNING_EVENT_OPEN", `repository ${name}: another root awaits signatures`);
  }
  if (number === "stale") {
    throw new TufError(
      "PUBLISH_CONTENDED",
      `repository ${name}: another root ${root.version} came first; propose again`,
    );
  }
  return signingStatus(ports, name, number);
}

function checkRooted(changes: readonly TrustChange[]): void {
  const other = changes.find(({ role }) => !isRooted(role));
  if (other === undefined) return;
  throw new TufError("INVALID_TRUST", `role ${other.role}: its keys are stated by targets, not by root`);
}
