import type { ColumnShape } from "../../../domain/distinction/types/attribute-type.js";

/** Columns that only some rows of a multi-row statement update, each with the condition on the stored row for it. */
export interface PartlyUpdated {
  readonly table: string;
  readonly columns: ReadonlyMap<string, string>;
}

/** What differs between the databases: quoting, column types, and the few clauses that have no common form. */
export interface Dialect {
  readonly name: "mysql" | "mariadb" | "sqlite";
  readonly quote: (identifier: string) => string;
  /** The column type that holds a shape's values without loss, for equality by code point. */
  readonly columnType: (shape: ColumnShape) => string;
  /** What follows the column list of CREATE TABLE. */
  readonly tableOptions: string;
  /** Ends a multi-row INSERT so that rows that are there already take the new values of `columns`, and some of them those of `partly`. */
  readonly onDuplicateKey: (keys: readonly string[], columns: readonly string[], partly?: PartlyUpdated) => string;
  /** As `onDuplicateKey`, but only where the column `rising` gets a higher value: other rows keep all they have. */
  readonly raiseOnDuplicateKey: (
    table: string,
    keys: readonly string[],
    columns: readonly string[],
    rising: string,
  ) => string;
  /** Ends a SELECT so that its rows stay locked until the transaction ends. */
  readonly forUpdate: string;
  /** The time, UTC, in milliseconds, as a column of instants holds it. */
  readonly now: string;
}

/** Longest text that is kept in the row; longer ones would break the servers' limit on a row's size. */
export const LONGEST_INLINE_TEXT = 1024;
