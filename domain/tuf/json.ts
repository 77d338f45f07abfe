/**
 * A value that canonical JSON can hold. Numbers are safe integers: the canonical form has no fractions, and readers in
 * other languages disagree about larger ones.
 */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export type JsonObject = { readonly [key: string]: JsonValue };
