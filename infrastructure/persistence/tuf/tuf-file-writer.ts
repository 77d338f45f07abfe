import type { FileReference, SignedFile, StoredFile } from "../../../domain/tuf/tuf-store.js";
import type { Session } from "../connection/session.js";
import { batches } from "../records/batches.js";
import { FILE_WIDTH, fileGroups, insertFiles, readFile, selectFiles } from "./tuf-file-statements.js";

/** Characters and bytes of a file's row beside its bytes, at most. */
const ROW_TEXT = 512;

/** Files that one statement asks for: SQLite joins at most 500 by UNION. */
const MOST_ASKED = 100;

export async function insertFileRows(
  session: Session,
  repository: string,
  files: readonly SignedFile[],
): Promise<void> {
  for (const some of batches(files, FILE_WIDTH, ({ bytes }) => bytes.length + ROW_TEXT)) {
    for (const group of fileGroups(some)) await session.run(insertFiles(repository, group));
  }
}

export async function readFiles(
  session: Session,
  repository: string,
  references: readonly FileReference[],
): Promise<readonly StoredFile[]> {
  const files: StoredFile[] = [];
  for (let start = 0; start < references.length; start += MOST_ASKED) {
    const rows = await session.rows(selectFiles(repository, references.slice(start, start + MOST_ASKED)));
    files.push(...rows.map(readFile));
  }
  return files;
}
