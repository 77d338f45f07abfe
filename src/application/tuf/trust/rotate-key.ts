import { TufError } from "../../../../domain/tuf/errors.js";
import type { Signer } from "../../../../domain/tuf/signer.js";
import { replaceKey, roleTrust } from "../../../../domain/tuf/trust-change.js";
import { changeTrust, type TrustPorts } from "./change-trust.js";
import { existingRepository } from "../existing-repository.js";
import type { SigningStatus } from "./signing-status.js";

/**
 * Has one key speak in the place of another for a role. See `changeTrust`.
 * @param next the new key; its private half need not be here
 * @param former id of the key that goes; may be left out where the role has one key
 * @throws {TufError} UNKNOWN_ROLE, INVALID_TRUST, and as `changeTrust`
 */
export async function rotateKey(
  ports: TrustPorts,
  name: string,
  role: string,
  next: Pick<Signer, "keyId" | "publicKey">,
  former?: string,
): Promise<SigningStatus | undefined> {
  const { trust } = await existingRepository(ports.store, name);
  const { keyIds } = roleTrust(trust, role);
  const [only, ...others] = keyIds;
  if (former === undefined && (only === undefined || others.length > 0)) {
    throw new TufError("INVALID_TRUST", `role ${role} has ${keyIds.length} keys: say which one is to go`);
  }
  return changeTrust(ports, name, replaceKey([role], former ?? only!, next));
}
