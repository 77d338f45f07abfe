import { expect, test } from "vitest";
import { endsTransaction, leavesTransaction } from "../../infrastructure/persistence/connection/owners-statements.js";

test.each<[string, boolean]>([
  ["COMMIT", true],
  ["/* a **/ -- b\n # c\n /**/ commit", true],
  ["ROLLBACK", true],
  ["/* a */ ROLLBACK /* b */ TO SAVEPOINT c", false],
  ["/* COMMIT */ SELECT 1", false],
  ["/* a */ x */ COMMIT", false], // no statement at all: a comment ends where it first can
  [`${"/* a */ ".repeat(200)}UPDATE t SET x = 1`, false], // read in one way only, or it would take for ever
])("whether %j ends the transaction", (sql, ends) => {
  expect(endsTransaction(sql)).toBe(ends);
});

test.each<[string, boolean]>([
  ["UPDATE t SET x = 1", true],
  ["/* a */ (SELECT 1)", true],
  ["SELECT 1; COMMIT", false],
  ["/*!50000 COMMIT */", false],
  ["SELECT 1 /*M! INTO @x */", false],
  ["DROP TABLE t", false],
])("whether %j leaves it as it is for certain", (sql, leaves) => {
  expect(leavesTransaction(sql)).toBe(leaves);
});
