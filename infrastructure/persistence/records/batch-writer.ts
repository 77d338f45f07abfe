import { changedAttributes } from "../../../domain/distinction/diff/apply.js";
import type { Change } from "../../../domain/distinction/diff/change.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import { insertRecords, updateBatch } from "./batch-statements.js";
import { batches } from "./batches.js";
import { entryStatements } from "./entry-writer.js";
import type { RecordEdit } from "./entry-writes.js";
import { groupedBy } from "./grouped.js";
import { requireTaken } from "./server-limits.js";
import { rowOf } from "./record-statements.js";
import { updateByChanges } from "./record-update.js";
import { isOutOfRange } from "../connection/server-error.js";
import { plainParameters, type Parameter } from "../connection/parameter.js";
import type { Session, Statement } from "../connection/session.js";
import type { TableLayout } from "./table-layout.js";

/** One statement of a batch. `rows`: how many it must change, where that tells whether all had the version of their base. */
export interface BatchStatement {
  readonly statement: Statement;
  readonly rows?: number;
}

/**
 * What writes records of different ids in the order given, which should be that of their keys: their own rows first, in a
 * statement per set of changed columns, then the entries of all of them, in a statement per collection and kind.
 *
 * @param keyTypes see `updateBatch`; without it each row has an update of its own
 */
export function batchStatements(
  layout: TableLayout,
  keyTypes: readonly string[] | undefined,
  writes: readonly RecordEdit[],
): BatchStatement[] {
  requireTaken(layout, writes);
  const statements = rowStatements(layout, keyTypes, writes);
  statements.push(...entryStatements(layout, writes));
  return statements;
}

/**
 * Sends them in their order.
 *
 * @returns whether every record had the version of its base. If not, some are written and some are not: roll back, unless
 *   there is but one statement, which is all or nothing by itself
 */
export async function sendBatch(session: Session, statements: readonly BatchStatement[]): Promise<boolean> {
  for (const { statement, rows } of statements) {
    try {
      const count = await session.run(statement);
      if (rows !== undefined && count < rows) return false;
    } catch (error) {
      if (rows === undefined || !isOutOfRange(error)) throw error;
      return false; // how `updateBatch` tells it
    }
  }
  return true;
}

function rowStatements(
  layout: TableLayout,
  keyTypes: readonly string[] | undefined,
  writes: readonly RecordEdit[],
): BatchStatement[] {
  const statements: BatchStatement[] = [];
  const columnSet = ({ changes }: RecordEdit): string => JSON.stringify(changedColumns(changes)); // names may hold commas
  for (const group of groupedBy(writes, columnSet).values()) {
    if (keyTypes === undefined || group.length === 1) {
      for (const { base, changes } of group) {
        statements.push({ statement: updateByChanges(layout, base, changes), rows: 1 });
      }
      continue;
    }
    const columns = changedColumns(group[0]!.changes).map((attribute) => layout.byAttribute.get(attribute)!);
    const rows = group.map(({ base, changes }) => {
      const after = changedAttributes(base.attributes, changes);
      return { base, values: plainParameters(columns.map(({ attribute, codec }) => codec.encode(after[attribute]))) };
    });
    for (const some of batches(rows, 1, ({ values }) => lengthOf(values))) {
      statements.push({ statement: updateBatch(layout, keyTypes, columns, some), rows: some.length });
    }
  }
  return statements;
}

/** Stores the rows of new records, without their entries: one statement, more only past the limits of `batches`. */
export async function insertBatch(
  session: Session,
  layout: TableLayout,
  states: readonly RecordState[],
): Promise<void> {
  const width = layout.columns.length + 1;
  for (const some of batches(states, width, (state) => lengthOf(rowOf(layout, state)))) {
    await session.run(insertRecords(layout, some));
  }
}

function changedColumns(changes: readonly Change[]): string[] {
  const names: string[] = [];
  for (const change of changes) {
    if ("attribute" in change && !names.includes(change.attribute)) names.push(change.attribute);
  }
  return names;
}

function lengthOf(values: readonly Parameter[]): number {
  return plainParameters(values).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : Buffer.isBuffer(value) ? 2 * value.length : 8),
    0,
  );
}
