import { InvalidValueError, type Fault } from "../../../domain/distinction/errors.js";
import { idFrom, idText } from "../../../domain/distinction/record/record-id.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import type { RecordEdit } from "./entry-writes.js";
import { depthFaults, depthFaultsOf } from "./json-depth.js";
import type { TableLayout } from "./table-layout.js";
import { timestampFaults, timestampFaultsOf } from "./timestamp-limits.js";

/**
 * Refuses values that fit their attributes, but not this server. To be called before anything is sent.
 *
 * @throws InvalidValueError naming the record, and every attribute and entry that is refused
 */
export function requireTaken(layout: TableLayout, edits: readonly RecordEdit[]): void {
  for (const { base, changes } of edits) {
    refuse(layout, base, [...depthFaults(layout, changes), ...timestampFaults(layout, changes)]);
  }
}

/** As `requireTaken`, of whole records. */
export function requireTakenStates(layout: TableLayout, states: readonly RecordState[]): void {
  for (const state of states) {
    refuse(layout, state, [...depthFaultsOf(layout, state), ...timestampFaultsOf(layout, state)]);
  }
}

function refuse({ table: { type } }: TableLayout, { attributes }: RecordState, faults: readonly Fault[]): void {
  if (faults.length > 0) throw new InvalidValueError(type.name, faults, idText(idFrom(type, attributes)));
}
