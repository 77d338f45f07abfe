import { withInitial } from "../../domain/distinction/types/attribute-rules.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { entries } from "../../domain/distinction/types/collection-type.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";

/** A record with as many entries as a workload wants. */
export const ledgerType = recordType({
  name: "ledger",
  key: "id",
  attributes: { id: text(36), title: withInitial(text(100), "") },
  collections: { lines: entries(text(100), { amount: integer(0), note: text(100) }) },
});

export const ledgerTable = recordTable(ledgerType, {
  name: "bench_ledgers",
  entries: { lines: { name: "bench_ledger_lines", keyColumn: "line" } },
});
