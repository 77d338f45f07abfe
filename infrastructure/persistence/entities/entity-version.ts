import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js";

const SMALL_BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24 };

/**
 * From how many versions that of an added row is drawn. The lower half of what the column holds, signed: as many writes
 * are left to a row that starts at the highest one. For INT, which TypeORM makes, that is 2^30.
 */
export function versionStarts(column: ColumnMetadata): number {
  const type = column.entityMetadata.dataSource.driver.normalizeType(column);
  return 2 ** ((SMALL_BITS[type] ?? 32) - 2);
}
