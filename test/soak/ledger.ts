import { nullable, withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { json } from "../../domain/distinction/types/json-type.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { entries, setOf } from "../../domain/distinction/types/collection-type.js";
import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import { recordType, type RecordOf } from "../../domain/distinction/types/record-type.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";

/** Writers that can be told apart: each has an attribute of its own in every record. */
export const MOST_WRITERS = 8;

const count = withInitial(integer(), 0);

/** What the soak writes to: one attribute or collection for every way of merging. */
export const ledgerType = recordType({
  name: "ledger",
  key: "id",
  attributes: {
    id: text(40),
    /** The last operation of each writer: whether an operation was stored whose writer did not live to tell. */
    writer0: count,
    writer1: count,
    writer2: count,
    writer3: count,
    writer4: count,
    writer5: count,
    writer6: count,
    writer7: count,
    writes: count,
    settled: count,
    total: count,
    best: nullable(integer()),
    title: withInitial(text(60), ""),
    document: withInitial(json<JsonValue>(), {}),
    labels: withInitial(json<JsonValue>(), []),
  },
  collections: {
    properties: entries(text(40), text(60)),
    tallies: entries(text(20), integer()),
    tags: setOf(text(40)),
  },
  policies: { writes: "sum", settled: "sum", total: "sum", best: "max", labels: "union", tallies: "sum" },
});

export type Ledger = RecordOf<typeof ledgerType>;

export const ledgerTable = recordTable(ledgerType, {
  name: "soak_ledgers",
  entries: {
    properties: { name: "soak_properties", keyColumn: "name" },
    tallies: { name: "soak_tallies", keyColumn: "name" },
    tags: { name: "soak_tags", keyColumn: "value" },
  },
});

export type WriterAttribute = `writer${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7}`;

export function writerAttribute(writer: number): WriterAttribute {
  return `writer${writer as 0}`;
}
