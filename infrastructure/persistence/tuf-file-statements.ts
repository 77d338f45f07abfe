import type { MetadataFile } from "../../domain/tuf/tuf-store.js";
import { placeholders } from "./record-statements.js";
import type { Parameter, Row, Statement } from "./session.js";

/** The statements on signed files, one function each. Files are inserted and never changed. */

/** Placeholders per row of `insertFiles`. */
export const FILE_WIDTH = 6;

/** Most files that are inserted by a statement that stays prepared: a snapshot and its timestamp. */
const FEW = 2;

/** Fails where one of the versions is there already: then somebody else made it. */
export function insertFiles(repository: string, files: readonly MetadataFile[]): Statement {
  const row = `(${placeholders(FILE_WIDTH)})`;
  return {
    sql:
      "INSERT INTO tuf_file (repository, role, metadata_version, sha256, length, bytes) " +
      `VALUES ${files.map(() => row).join(", ")}`,
    parameters: files.flatMap(({ role, metadataVersion, sha256, length, bytes }): Parameter[] => [
      repository,
      role,
      metadataVersion,
      sha256,
      length,
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    ]),
    varying: files.length > FEW,
  };
}

export function selectFile(repository: string, role: string, metadataVersion: number): Statement {
  return {
    sql: "SELECT sha256, length, bytes FROM tuf_file WHERE repository = ? AND role = ? AND metadata_version = ?",
    parameters: [repository, role, metadataVersion],
  };
}

/** A row of `selectFile`. */
export function readFile(role: string, metadataVersion: number, [sha256, length, bytes]: Row): MetadataFile {
  return { role, metadataVersion, sha256: sha256 as string, length: Number(length), bytes: bytes as Buffer };
}
