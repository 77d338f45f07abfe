import type { Dialect } from "../connection/dialect.js";

/**
 * What a member of a row becomes: a role's name, a target's path, a whole number, the hexadecimal digits of 32 bytes (for
 * `UNHEX`), or a text of any length, which alone may be null.
 */
type Member = "name" | "path" | "number" | "digest" | "text";

/**
 * Rows in one parameter, as a table to join: the text stays the same for any number of them. The parameter is a JSON array
 * of arrays, whose members become columns in their order. What does not fit is an error, never a NULL.
 */
export function jsonRows(dialect: Dialect, members: Readonly<Record<string, Member>>): string {
  const columns = Object.entries(members);
  if (dialect.name === "sqlite") {
    const picked = columns.map(([name], index) => {
      return `json_extract(value, '$[${index}]') AS ${name}`;
    });
    // With a limit the rows are made once, and come first: SQLite would else make them again for each row of the table that
    // they are joined with, which are all roles of a repository.
    return `(SELECT ${picked.join(", ")} FROM json_each(?) LIMIT -1)`;
  }
  const types = {
    name: dialect.columnType({ kind: "text", max: 128 }),
    path: dialect.columnType({ kind: "text", max: 1024 }),
    number: "BIGINT",
    digest: "VARCHAR(64)",
    text: "LONGTEXT CHARACTER SET utf8mb4",
  };
  const declared = columns.map(([column, member], index) => {
    return `${column} ${types[member]} PATH '$[${index}]' ERROR ON EMPTY ERROR ON ERROR`;
  });
  return `JSON_TABLE(?, '$[*]' COLUMNS (${declared.join(", ")}))`;
}
