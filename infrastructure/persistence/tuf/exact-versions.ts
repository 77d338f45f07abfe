import type { Dialect } from "../connection/dialect.js";
import type { Statement } from "../connection/session.js";
import { jsonRows } from "./json-rows.js";

/** A role at one version of its metadata. */
export interface ExactVersion {
  readonly role: string;
  readonly metadataVersion: number;
}

/**
 * Deletes rows at exactly these versions; one that was raised since stays. Each is found by primary key. (A list of
 * `(role, metadata_version)` rows makes MariaDB read the whole range.)
 */
export function deleteExactly(
  dialect: Dialect,
  table: "tuf_file" | "tuf_pending",
  repository: string,
  versions: readonly ExactVersion[],
): Statement {
  const given = jsonRows(dialect, { role: "name", v: "number" });
  const rows = JSON.stringify(versions.map(({ role, metadataVersion }) => [role, metadataVersion]));
  return dialect.name === "sqlite"
    ? {
        sql: `DELETE FROM ${table} WHERE repository = ? AND (role, metadata_version) IN (SELECT role, v FROM ${given})`,
        parameters: [repository, rows],
      }
    : {
        sql:
          `DELETE t FROM ${given} AS j STRAIGHT_JOIN ${table} AS t ` +
          "ON t.repository = ? AND t.role = j.role AND t.metadata_version = j.v",
        parameters: [rows, repository],
      };
}
