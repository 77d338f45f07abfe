/** A row as the driver returns it: values in the order of the SELECT list. */
export type Row = readonly unknown[];

/** A value that may be bound to a `?` placeholder. Dates and JSON are encoded to text by the column codecs first. */
export type Parameter = string | number | bigint | Buffer | null;

/** One SQL text with the values of its placeholders. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  /**
   * Whether the text varies with the number of rows. Such a statement is not prepared: a server keeps every prepared
   * text, and its number is limited.
   */
  readonly varying?: boolean;
}

/** One database connection, held for the duration of a piece of work. */
export interface Session {
  /** Runs a statement that returns rows. */
  rows(statement: Statement): Promise<readonly Row[]>;
  /** Runs a statement that changes rows; answers how many rows its condition matched (not how many bytes differed). */
  run(statement: Statement): Promise<number>;
}
