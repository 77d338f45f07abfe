import { TufError } from "../../domain/tuf/errors.js";
import { isRoleName } from "../../domain/tuf/role-name.js";

export const TIMESTAMP_FILE = "timestamp.json";

/**
 * Refuses every name but `<version>.<role>.json`: no name leads out of the directory or meets a file of another kind.
 * @throws {TufError} INVALID_NAME
 */
export function checkVersionedName(name: string): void {
  const role = /^[1-9][0-9]{0,15}\.(.+)\.json$/.exec(name)?.[1];
  if (role !== undefined && role !== "timestamp" && isRoleName(role)) return;
  throw new TufError("INVALID_NAME", `${JSON.stringify(name.slice(0, 80))} is not <version>.<role>.json`);
}

/**
 * As `checkVersionedName`, but for root: who trusts an old root walks through all that follow (TUF 1.0.33 §5.3.3).
 * @throws {TufError} INVALID_NAME
 */
export function checkRemovableName(name: string): void {
  checkVersionedName(name);
  if (name.endsWith(".root.json")) throw new TufError("INVALID_NAME", `${name}: root files stay for ever`);
}

/**
 * @throws {TufError} INVALID_NAME
 */
export function checkPublishedName(name: string): void {
  if (name !== TIMESTAMP_FILE) checkVersionedName(name);
}
