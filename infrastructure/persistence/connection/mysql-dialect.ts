import type { ColumnShape } from "../../../domain/distinction/types/attribute-type.js";
import { LONGEST_INLINE_TEXT, type Dialect } from "./dialect.js";

const quote = (identifier: string): string => `\`${identifier.replaceAll("`", "``")}\``;

/**
 * Collations that compare by code point without padding: under the default ones `'abc' = 'ABC '` holds, and under plain
 * `utf8mb4_bin` still `'abc' = 'abc '`. The two servers name them differently.
 */
const COLLATIONS = { mysql: "utf8mb4_0900_bin", mariadb: "utf8mb4_nopad_bin" } as const;

/**
 * @param given how ON DUPLICATE KEY UPDATE names the new row's value of a column
 * @param alias what must stand before that clause for it
 */
function serverDialect(name: "mysql" | "mariadb", given: (column: string) => string, alias: string): Dialect {
  const collation = COLLATIONS[name];
  const onDuplicate = `${alias} ON DUPLICATE KEY UPDATE `;
  return {
    name,
    quote,
    columnType: (shape) => columnType(shape, collation),
    tableOptions: `ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${collation}`,
    onDuplicateKey: (keys, columns, partly) => {
      const names = columns.length > 0 || partly !== undefined ? columns : keys.slice(0, 1);
      const assignments = names.map((column) => `${quote(column)} = ${given(quote(column))}`);
      for (const [column, condition] of partly?.columns ?? []) {
        const stored = `${quote(partly!.table)}.${quote(column)}`;
        assignments.push(`${quote(column)} = CASE WHEN ${condition} THEN ${given(quote(column))} ELSE ${stored} END`);
      }
      return onDuplicate + assignments.join(", ");
    },
    raiseOnDuplicateKey: (table, _keys, columns, rising) => {
      const stored = (column: string): string => `${quote(table)}.${quote(column)}`;
      const rises = `${given(quote(rising))} > ${stored(rising)}`;
      // The rising column comes last: an assignment sees those before it done already.
      const assignments = [...columns, rising].map(
        (column) => `${quote(column)} = IF(${rises}, ${given(quote(column))}, ${stored(column)})`,
      );
      return onDuplicate + assignments.join(", ");
    },
    forUpdate: " FOR UPDATE",
    now: "UTC_TIMESTAMP(3)",
  };
}

/** MySQL 8.0.19 and later; naming the new row replaces `VALUES()`, which is deprecated there. */
export const mysqlDialect = serverDialect("mysql", (column) => `new.${column}`, " AS new");

/** MariaDB 10.6 and later. */
export const mariadbDialect = serverDialect("mariadb", (column) => `VALUES(${column})`, "");

function columnType(shape: ColumnShape, collation: string): string {
  switch (shape.kind) {
    case "text":
      return `${textType(shape.max)} COLLATE ${collation}`;
    case "enum":
      return `VARCHAR(${Math.max(...shape.values.map((value) => value.length))}) COLLATE ${collation}`;
    case "integer":
    case "bigint":
      return "BIGINT";
    case "decimal":
      return `DECIMAL(${shape.precision}, ${shape.scale})`;
    case "boolean":
      return "TINYINT(1)";
    case "instant":
      return `DATETIME(${shape.fraction})`;
    case "binary":
      return shape.max <= LONGEST_INLINE_TEXT ? `VARBINARY(${shape.max})` : "LONGBLOB";
    case "json":
      return "JSON";
  }
}

const MEDIUMTEXT_BYTES = 2 ** 24 - 1;

/** What holds `max` characters of four bytes each. */
function textType(max: number): string {
  if (max <= LONGEST_INLINE_TEXT) return `VARCHAR(${max})`;
  return 4 * max <= MEDIUMTEXT_BYTES ? "MEDIUMTEXT" : "LONGTEXT";
}
