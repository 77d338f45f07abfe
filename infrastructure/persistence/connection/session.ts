import type { Parameter } from "./parameter.js";

export type { Parameter };

/** A row as the driver returns it: values in the order of the SELECT list. */
export type Row = readonly unknown[];

/** One SQL text with the values of its placeholders. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  /**
   * Whether the text varies with the number of rows. Such a statement is not prepared: a server keeps every prepared
   * text, and its number is limited.
   */
  readonly varying?: boolean;
  /**
   * The names of the columns that the statement returns, where no two are the same: drivers may then read its rows by
   * name, if that is faster.
   */
  readonly columns?: readonly string[] | undefined;
}

/** One database connection, held for the duration of a piece of work. */
export interface Session {
  /** Runs a statement that returns rows. */
  rows(statement: Statement): Promise<readonly Row[]>;
  /** Runs a statement that changes rows; answers how many rows its condition matched (not how many bytes differed). */
  run(statement: Statement): Promise<number>;
}
