import { describe, expect, test } from "vitest";
import { Savepoints } from "../../infrastructure/persistence/connection/savepoints.js";

/** Answers, for each moment after one of `statements`, whether what was done then is undone in the end. */
function undoneAfter(...statements: string[]): boolean[] {
  const savepoints = new Savepoints();
  const moments = [savepoints.now()];
  for (const sql of statements) {
    savepoints.sent(sql);
    moments.push(savepoints.now());
  }
  return moments.map((moment) => savepoints.isUndone(moment, moment));
}

describe("what goes when the owner of a transaction goes back to a savepoint", () => {
  test.each<[string, string[], boolean[]]>([
    ["nothing, where nobody goes back", ["SAVEPOINT a", "RELEASE SAVEPOINT a"], [false, false, false]],
    ["what came after it", ["SAVEPOINT a", "ROLLBACK TO SAVEPOINT a"], [false, true, false]],
    ["again and again", ["SAVEPOINT a", "ROLLBACK TO a", "rollback work to `A`;"], [false, true, true, false]],
    ["all since the outer one", ["SAVEPOINT a", "SAVEPOINT b", "ROLLBACK TO a"], [false, true, true, false]],
    ["what came since the latest of a name", ["SAVEPOINT a", "SAVEPOINT a", "ROLLBACK TO a"], [false, false, true, false]],
    ["what a released one was set in", ["SAVEPOINT a", "SAVEPOINT b", "RELEASE b", "ROLLBACK TO a"], [false, true, true, true, false]],
    ["all, where its name holds spaces", ["SAVEPOINT a", 'ROLLBACK TO SAVEPOINT "my a"'], [true, true, false]],
    ["all, where a comment is beside it", ["SAVEPOINT a", "/* x */ ROLLBACK TO a -- y"], [true, true, false]],
    ["nothing, where words only look like it", ["SAVEPOINT a", "UPDATE t SET x = 'rollback to a'"], [false, false, false]],
    ["all, where it was set before", ["UPDATE a", "ROLLBACK TO SAVEPOINT a"], [true, true, false]],
  ])("%s", (_, statements, undone) => expect(undoneAfter(...statements)).toEqual(undone)); // prettier-ignore
});
