import type { NewTufRepository } from "../../../domain/tuf/repository.js";
import { trustedRoles } from "../../../domain/tuf/trust.js";
import { isListed, type NewRole } from "../../../domain/tuf/tuf-store.js";
import { batches } from "../records/batches.js";
import type { Dialect } from "../connection/dialect.js";
import type { Session } from "../connection/session.js";
import { writeCustomRoles } from "./tuf-delegation-statements.js";
import { insertExport } from "./tuf-export-statements.js";
import { insertFileRows } from "./tuf-file-writer.js";
import { insertRepository } from "./tuf-repository-statements.js";
import { insertRoles, ROLE_WIDTH } from "./tuf-role-statements.js";
import { insertTrust } from "./tuf-trust-statements.js";
import { writeKeys, writeRoleKeys } from "./tuf-trust-writer.js";
import { raiseEntries } from "./tuf-snapshot-writer.js";

/** Characters and bytes of a role's row, at most. */
const ROLE_TEXT = 512;

/**
 * Inserts everything a new repository has. Its own row comes first: of several creators all but one wait there, and then
 * find the key taken.
 */
export async function insertTufRepository(
  session: Session,
  dialect: Dialect,
  repository: NewTufRepository,
  roles: readonly NewRole[],
  retired: ReadonlyMap<string, number> = new Map(),
): Promise<void> {
  const { name, trust, customRoles = [] } = repository;
  await session.run(insertRepository(repository));
  if (customRoles.length > 0) await session.run(writeCustomRoles(name, customRoles));
  for (const rows of batches(roles, ROLE_WIDTH, () => ROLE_TEXT)) await session.run(insertRoles(name, rows));
  const trusts = trustedRoles(trust).map((role) => [role, trust[role]!] as const);
  for (const [role, kept] of trusts) await session.run(insertTrust(name, role, kept));
  await writeKeys(session, dialect, name, repository.keys);
  for (const [role, kept] of trusts) await writeRoleKeys(session, name, role, kept);
  await insertFileRows(
    session,
    name,
    roles.flatMap(({ file, earlier = [] }) => [...earlier, ...(file ? [file] : [])]),
  );
  const snapshot = roles.find(({ kind }) => kind === "snapshot")?.file?.metadataVersion ?? 1;
  const entries = roles.filter(isListed).map((role) => [role.name, role.file?.metadataVersion ?? 1] as const);
  await raiseEntries(session, dialect, name, entries, snapshot);
  // Of no snapshot that is exported: nobody asks for their files.
  if (retired.size > 0) await raiseEntries(session, dialect, name, retired, 0);
  await session.run(insertExport(name));
}
