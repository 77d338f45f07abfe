import { changedAttributes } from "../../../domain/distinction/diff/apply.js";
import type { Change, JsonSet } from "../../../domain/distinction/diff/change.js";
import type { RecordState } from "../../../domain/distinction/record/record-state.js";
import { guardConditions } from "./guard-conditions.js";
import { jsonExpression, jsonWrite, type JsonWrite } from "./json-writes.js";
import {
  cachedText,
  NO_ASSIGNMENTS,
  NO_GUARDS,
  updateRecord,
  updateText,
  whereVersion,
  type Assignments,
  type GuardConditions,
} from "./record-statements.js";
import type { Parameter, Statement } from "../connection/session.js";
import type { TableLayout } from "./table-layout.js";

/** What an update of a record's own row does besides. */
export interface UpdateOptions {
  /** Whether to write JSON members by path only where that is the shorter text. */
  readonly economical?: boolean;
  readonly also?: Assignments;
  readonly where?: GuardConditions;
}

/**
 * The versioned UPDATE of a change set: JSON members by path where that is safe and shorter, all else by column. Cost
 * follows the change: a document that is written by path is not serialised.
 */
export function updateByChanges(
  layout: TableLayout,
  base: RecordState,
  changes: readonly Change[],
  { economical = true, also = NO_ASSIGNMENTS, where = NO_GUARDS }: UpdateOptions = {},
): Statement {
  const writes = jsonWrites(layout, base, changes, { economical });
  const whole = writes.size === 0 ? changes : changes.filter((change) => !isAmong(writes, change));
  const changed = changedNames(changes);
  const after = changedAttributes(base.attributes, whole);
  const guards = both(guardConditions(layout, base, changes), where);
  return writes.size === 0
    ? updateRecord(layout, base, changed, after, guards, also)
    : updateByPath(layout, base, changed, after, guards, also, writes);
}

function both(some: GuardConditions, others: GuardConditions): GuardConditions {
  if (others === NO_GUARDS) return some;
  return { sql: some.sql + others.sql, parameters: [...some.parameters, ...others.parameters] };
}

function changedNames(changes: readonly Change[]): readonly string[] {
  const names = new Set<string>();
  for (const change of changes) if ("attribute" in change) names.add(change.attribute);
  return [...names];
}

/** As `updateRecord`, with `JSON_SET(column, ?, …)` for some columns. Paths are parameters: the text names none. */
function updateByPath(
  layout: TableLayout,
  base: RecordState,
  changed: readonly string[],
  after: RecordState["attributes"],
  guards: GuardConditions,
  also: Assignments,
  writes: ReadonlyMap<string, JsonWrite>,
): Statement {
  const where = whereVersion(layout, base, guards);
  const parameters: Parameter[] = [...also.parameters];
  let paths = 0;
  const shape = changed.map((attribute) => {
    const { name, codec } = layout.byAttribute.get(attribute)!;
    const write = writes.get(attribute);
    if (write === undefined) parameters.push(codec.encode(after[attribute]));
    else {
      parameters.push(...write.parameters);
      paths += write.sets + write.removals;
    }
    return write === undefined ? name : `${name}+${write.sets}-${write.removals}`;
  });
  const sql = cachedText(layout, `update by path ${shape.join()}${guards.sql}${also.sql}`, () => {
    const assignments = changed.map((attribute) => {
      const column = layout.byAttribute.get(attribute)!;
      const write = writes.get(attribute);
      return `${column.name} = ${write === undefined ? "?" : jsonExpression(layout, column, write)}, `;
    });
    return updateText(layout, `${also.sql}${assignments.join("")}`, where.sql);
  });
  // One member is the common case and has two texts per column; all other numbers of them are not worth preparing.
  return { sql, parameters: [...parameters, ...where.parameters], varying: paths > 1 };
}

const NO_WRITES: ReadonlyMap<string, JsonWrite> = new Map();

function jsonWrites(
  layout: TableLayout,
  base: RecordState,
  changes: readonly Change[],
  options: { readonly economical: boolean },
): ReadonlyMap<string, JsonWrite> {
  if (!changes.some(({ kind }) => kind === "json.set")) return NO_WRITES;
  const writes = new Map<string, JsonWrite>();
  const members = new Map<string, JsonSet[]>();
  for (const change of changes) {
    if (change.kind !== "json.set") continue;
    const others = members.get(change.attribute);
    if (others === undefined) members.set(change.attribute, [change]);
    else others.push(change);
  }
  for (const [attribute, sets] of members) {
    if (changes.some((change) => change.kind === "attribute.set" && change.attribute === attribute)) continue;
    const write = jsonWrite(layout, base.attributes[attribute], attribute, sets, options);
    if (write !== undefined) writes.set(attribute, write);
  }
  return writes;
}

function isAmong(writes: ReadonlyMap<string, JsonWrite>, change: Change): boolean {
  return change.kind === "json.set" && writes.has(change.attribute);
}
