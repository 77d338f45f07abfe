/** What is asked of one attribute. `neq` holds for `null`, too; the orders never do. */
export interface Comparisons<V> {
  readonly eq?: V;
  readonly neq?: V;
  readonly gt?: NonNullable<V>;
  readonly gte?: NonNullable<V>;
  readonly lt?: NonNullable<V>;
  readonly lte?: NonNullable<V>;
  readonly in?: readonly V[];
}

export type Operator = keyof Comparisons<unknown>;

/** One comparison as a store gets it: captured values, one but for `in`; `null` only for `eq`, `neq` and `in`. */
export interface Condition {
  readonly attribute: string;
  readonly operator: Operator;
  readonly values: readonly unknown[];
}
