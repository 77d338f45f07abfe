import type { FileReference, SignedFile, StoredFile } from "../../../domain/tuf/tuf-store.js";
import { placeholders } from "../records/record-statements.js";
import type { Parameter, Row, Statement } from "../connection/session.js";

/** The statements on signed files, one function each. Files are inserted and never changed. */

/** Placeholders per row of `insertFiles`. */
export const FILE_WIDTH = 7;

/**
 * Files in one `insertFiles`, the largest numbers first; three are one bin with snapshot and timestamp. Few numbers, because
 * these texts stay prepared: then bytes travel as bytes, and not as twice as many hexadecimal digits.
 */
const TOGETHER: readonly number[] = [32, 8, 3, 2, 1];

/** So many bytes are sent at once, whatever the number of files: digits then cost less than another statement. */
const FEW_BYTES = 2 ** 17;

/** Divides files into those of one `insertFiles` each. */
export function* fileGroups(files: readonly SignedFile[]): Generator<readonly SignedFile[]> {
  if (files.reduce((sum, { bytes }) => sum + bytes.length, 0) <= FEW_BYTES) {
    yield files;
    return;
  }
  let start = 0;
  for (const size of TOGETHER) {
    for (; files.length - start >= size; start += size) yield files.slice(start, start + size);
  }
}

/** Fails where one of the versions is there already: then somebody else made it. */
export function insertFiles(repository: string, files: readonly SignedFile[]): Statement {
  const row = `(${placeholders(FILE_WIDTH)})`;
  return {
    sql:
      "INSERT INTO tuf_file (repository, role, metadata_version, sha256, length, stored_at, bytes) " +
      `VALUES ${files.map(() => row).join(", ")}`,
    parameters: files.flatMap(({ role, metadataVersion, sha256, length, signedAt, bytes }): Parameter[] => [
      repository,
      role,
      metadataVersion,
      sha256,
      length,
      signedAt,
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    ]),
    varying: !TOGETHER.includes(files.length),
  };
}

/** Files by primary key. */
export function selectFiles(repository: string, references: readonly FileReference[]): Statement {
  const one =
    "SELECT role, metadata_version, sha256, length, stored_at, bytes FROM tuf_file " +
    "WHERE repository = ? AND role = ? AND metadata_version = ?";
  return {
    sql: references.map(() => one).join(" UNION ALL "),
    parameters: references.flatMap(({ role, metadataVersion }) => [repository, role, metadataVersion]),
    varying: references.length > 1,
  };
}

/** A row of `selectFiles`. */
export function readFile([role, metadataVersion, sha256, length, storedAt, bytes]: Row): StoredFile {
  return {
    role: role as string,
    metadataVersion: Number(metadataVersion),
    sha256: sha256 as string,
    length: Number(length),
    storedAt: Number(storedAt),
    bytes: bytes as Buffer,
  };
}
