import type { TufRepository } from "../../domain/tuf/repository.js";
import type { NewRole } from "../../domain/tuf/tuf-store.js";
import { batches } from "./batches.js";
import type { Dialect } from "./dialect.js";
import type { Session } from "./session.js";
import { insertExport } from "./tuf-export-statements.js";
import { FILE_WIDTH, insertFiles } from "./tuf-file-statements.js";
import { insertRepository } from "./tuf-repository-statements.js";
import { insertRoles, ROLE_WIDTH } from "./tuf-role-statements.js";
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
  repository: TufRepository,
  roles: readonly NewRole[],
): Promise<void> {
  const { name } = repository;
  await session.run(insertRepository(repository));
  for (const rows of batches(roles, ROLE_WIDTH, () => ROLE_TEXT)) await session.run(insertRoles(name, rows));
  const files = roles.map(({ file }) => file);
  // Twice: a statement with values in its text writes bytes as hexadecimal digits.
  for (const rows of batches(files, FILE_WIDTH, ({ bytes }) => 2 * bytes.length + ROLE_TEXT)) {
    await session.run(insertFiles(name, rows));
  }
  const head = roles.filter(({ kind }) => kind === "targets" || kind === "bin");
  await raiseEntries(
    session,
    dialect,
    name,
    head.map(({ file }) => [file.role, file.metadataVersion] as const),
    roles.find(({ kind }) => kind === "snapshot")?.file.metadataVersion ?? 1,
  );
  await session.run(insertExport(name));
}
