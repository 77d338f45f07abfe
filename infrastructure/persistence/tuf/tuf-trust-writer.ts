import type { TufKey } from "../../../domain/tuf/key.js";
import type { KeptTrust } from "../../../domain/tuf/trust.js";
import type { Dialect } from "../connection/dialect.js";
import type { Session } from "../connection/session.js";
import { deleteRoleKeys, insertKeys, insertRoleKeys } from "./tuf-trust-statements.js";

export async function writeKeys(
  session: Session,
  dialect: Dialect,
  repository: string,
  keys: Readonly<Record<string, TufKey>>,
): Promise<void> {
  const rows = Object.entries(keys);
  if (rows.length > 0) await session.run(insertKeys(dialect, repository, rows));
}

/** Replaces what keys a role has. */
export async function writeRoleKeys(
  session: Session,
  repository: string,
  role: string,
  trust: KeptTrust,
): Promise<void> {
  await session.run(deleteRoleKeys(repository, role));
  await session.run(insertRoleKeys(repository, role, trust));
}
