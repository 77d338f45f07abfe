import fc from "../../../support/fast-check.js";
import { describe, expect, test } from "vitest";
import { apply } from "../../../../domain/distinction/diff/apply.js";
import { changeSet } from "../../../../domain/distinction/diff/change-set.js";
import { changeSetFromJson, changeSetToJson } from "../../../../domain/distinction/diff/change-set-json.js";
import { diff } from "../../../../domain/distinction/diff/diff.js";
import { newState } from "../../../../domain/distinction/record/new-record.js";
import { recordFrom } from "../../../../domain/distinction/record/record.js";
import type { RecordState } from "../../../../domain/distinction/record/record-state.js";
import { specimenType, specimenValues, type NewSpecimen } from "../../../support/specimen.js";

/** A state as a caller sees it, the order of lists included. */
function shown(state: RecordState): unknown {
  const { parts, flags, order, names, ...attributes } = recordFrom(specimenType, state);
  return { attributes, parts: new Map(parts), flags: new Map(flags), order: [...order], names: new Set(names) };
}

const stateOf = (values: NewSpecimen, version = 1): RecordState => ({ ...newState(specimenType, values), version });

/** Two records: any two, or one with some of the other's attributes, so that each kind is also alone in a change set. */
const twoOf = fc.oneof(
  fc.tuple(specimenValues, specimenValues),
  fc
    .tuple(specimenValues, specimenValues, fc.subarray(Object.keys(specimenType.attributes)))
    .map(([before, other, names]): [NewSpecimen, NewSpecimen] => {
      const taken = Object.fromEntries(names.map((name) => [name, other[name as keyof NewSpecimen]]));
      return [before, { ...before, ...taken }];
    }),
);

describe("with every kind of column", () => {
  test("apply(diff(a, b), a) = b, at once and by way of JSON", () => {
    fc.assert(
      fc.property(twoOf, ([a, b]) => {
        const [before, after] = [stateOf(a, 3), stateOf(b)];
        const changes = diff(specimenType, before, after);
        const result = apply(before, changes);
        expect(result.version).toBe(4);
        expect(shown(result)).toEqual(shown(after));
        expect(diff(specimenType, result, after)).toEqual([]);
        const text = changeSetToJson(specimenType, changeSet("specimen", ["s1"], 3, changes));
        expect(shown(apply(before, changeSetFromJson(text).changes))).toEqual(shown(after));
      }),
      { numRuns: 300 },
    );
  });

  test("what is captured again from what was shown is no change", () => {
    fc.assert(
      fc.property(specimenValues, (values) => {
        const state = stateOf(values);
        const again = newState(specimenType, recordFrom(specimenType, state));
        expect(diff(specimenType, state, again)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
