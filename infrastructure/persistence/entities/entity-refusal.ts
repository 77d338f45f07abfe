import type { EntityMetadata } from "typeorm";
import { DistinctionError } from "../../../domain/distinction/errors.js";

/** An entity that cannot be kept as a record, and why. */
export function refusal(metadata: EntityMetadata, property: string | undefined, reason: string): DistinctionError {
  const where = property === undefined ? metadata.name : `${metadata.name}.${property}`;
  return new DistinctionError("INVALID_RECORD_TYPE", `entity ${where}: ${reason}`);
}

/** Tells the migration: without a version nobody can see that another writer came first. */
export function unversioned(metadata: EntityMetadata): DistinctionError {
  const { driver } = metadata.dataSource;
  const type = driver.options.type === "better-sqlite3" ? "integer" : "int";
  const column = `${driver.escape("version")} ${type} NOT NULL DEFAULT 1`;
  return new DistinctionError(
    "UNVERSIONED_TABLE",
    `entity ${metadata.name} has no version column. Add the property \`@VersionColumn({ default: 1 }) version!: number;\` ` +
      `(in an EntitySchema \`version: { type: Number, version: true, default: 1 }\`) and run the migration ` +
      `\`ALTER TABLE ${driver.escape(metadata.tableName)} ADD COLUMN ${column}\``,
  );
}
