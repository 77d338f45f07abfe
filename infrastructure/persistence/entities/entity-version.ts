import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js";

const SMALL_BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24 };

/** The bits of the version column as the entity declares it, as far as we use them. */
export function versionBits(column: ColumnMetadata): number {
  const type = column.entityMetadata.dataSource.driver.normalizeType(column);
  return SMALL_BITS[type] ?? 32;
}

/**
 * From how many versions that of an added row is drawn. The lower half of what the column holds, signed: as many writes
 * are left to a row that starts at the highest one. For INT, which TypeORM makes, that is 2^30.
 */
export function versionStarts(column: ColumnMetadata): number {
  return 2 ** (versionBits(column) - 2);
}
