import { withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";

export const MOST_WRITERS = 64;

/** The attribute that one writer of the hot record has for itself. */
export function counter(writer: number): string {
  return `counter${writer}`;
}

/** One record that everybody writes: a counter for each of up to 64 writers. */
export const hotType = recordType({
  name: "hot",
  key: "id",
  attributes: {
    id: text(36),
    ...Object.fromEntries(Array.from({ length: MOST_WRITERS }, (_, n) => [counter(n), withInitial(integer(0), 0)])),
  },
});

export const hotTable = recordTable(hotType, { name: "bench_hot" });
