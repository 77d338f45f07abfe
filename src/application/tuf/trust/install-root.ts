import { TufError } from "../../../../domain/tuf/errors.js";
import { checkAuthorised, checkSuccession } from "../../../../domain/tuf/root-succession.js";
import { commitRoot } from "./commit-root.js";
import { newestRoot } from "./root-files.js";
import type { SigningPorts } from "./signing-status.js";

/**
 * Takes over a root that was made and signed by other tools: exactly the next version, signed by the thresholds of the
 * current root and its own. An event that was open is cancelled.
 * @param bytes the root's file; what it holds beyond the specification is kept
 * @returns its version
 * @throws {TufError} INVALID_METADATA, ROOT_OUT_OF_ORDER, ROOT_EXPIRED, INVALID_TRUST, THRESHOLD_NOT_MET,
 *   PUBLISH_CONTENDED where another root came first, REPOSITORY_NOT_FOUND
 */
export async function installRoot(ports: SigningPorts, repository: string, bytes: Uint8Array): Promise<number> {
  const next = ports.codec.decode("root", bytes);
  const current = (await newestRoot(ports, repository))?.signed;
  checkSuccession(next.signed, current, ports.clock.now());
  checkAuthorised(next, current, ports.verifier);
  if ((await commitRoot(ports, repository, next, undefined)) === "applied") return next.signed.version;
  throw new TufError("PUBLISH_CONTENDED", `another root ${next.signed.version} came first`);
}
