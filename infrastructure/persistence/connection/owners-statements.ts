/** Spaces and comments. There is one way only to read a text so: two would double the time with each comment. */
const SKIPPED = String.raw`(?:\s|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|(?:--|#)[^\n]*\n)*`;

/** What ends a transaction; going back to a savepoint does not. */
const END = new RegExp(
  String.raw`^${SKIPPED}(?:COMMIT\b|ROLLBACK\b(?!${SKIPPED}(?:(?:WORK|TRANSACTION)\b${SKIPPED})?TO\b))`,
  "i",
);

/** However it is written: with comments, or with a name in which there are spaces. */
const GOING_BACK = new RegExp(String.raw`^${SKIPPED}ROLLBACK\b[^]*\bTO\b`, "i");

/** What no server ends a transaction for, as long as it succeeds. */
const HARMLESS = new RegExp(
  String.raw`^${SKIPPED}\(*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|SHOW|SAVEPOINT|RELEASE|ROLLBACK)\b`,
  "i",
);

/** Several statements, or one with comments that servers execute; a text that only looks like it, as well. */
const HIDING = /;\s*\S|\/\*M?!/i;

/** Whether a statement is to end the transaction that it is sent in. */
export function endsTransaction(sql: string): boolean {
  return END.test(sql);
}

/** Whether a statement undoes a part of the transaction. */
export function goesBack(sql: string): boolean {
  return GOING_BACK.test(sql);
}

/** Whether a statement that succeeds leaves the transaction as it is on a server. Not so DDL, CALL, SET or START TRANSACTION. */
export function leavesTransaction(sql: string): boolean {
  return HARMLESS.test(sql) && !HIDING.test(sql);
}
