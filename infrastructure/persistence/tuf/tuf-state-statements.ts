import type { Target } from "../../../domain/tuf/target.js";
import type { RoleState } from "../../../domain/tuf/tuf-store.js";
import type { Row, Statement } from "../connection/session.js";
import { placeholders } from "../records/record-statements.js";
import { readTarget } from "./target-row.js";
import { COUNTERS, readCounters } from "./tuf-role-statements.js";

/**
 * The statements that read roles with all their targets. Each is one statement, hence one consistent read at READ COMMITTED and
 * at REPEATABLE READ alike: an edit raises the version and writes the targets in one transaction, and shows in all rows or in none.
 */

/** Roles that are read as one state: SQLite joins at most 500 by UNION. */
export const MOST_STATES = 256;

export type RoleStates = ReadonlyMap<string, RoleState>;

/**
 * A SELECT for each role, because a role's row is then read by primary key, its bounds are constants, and the targets are one
 * range of their primary key; with `name IN (…)` planners read all targets of the repository for each role.
 */
export function selectRoleStates(repository: string, roles: readonly string[]): Statement {
  const one =
    `SELECT ${COUNTERS}, ` +
    "t.path, t.length, t.sha256, t.custom FROM tuf_role r LEFT JOIN tuf_target t " +
    "ON t.repository = r.repository AND t.space = r.space AND t.path_hash BETWEEN r.range_low AND r.range_high " +
    "WHERE r.repository = ? AND r.name = ?";
  return {
    sql: roles.map(() => one).join(" UNION ALL "),
    parameters: roles.flatMap((role) => [repository, role]),
    varying: roles.length > 1,
  };
}

/** By name. The outer join gives a role without targets one row of NULLs. */
export function readRoleStates(rows: readonly Row[]): RoleStates {
  const states = new Map<string, RoleState & { readonly targets: Map<string, Target> }>();
  for (const row of rows) {
    const name = row[0] as string;
    let state = states.get(name);
    if (state === undefined) states.set(name, (state = { ...readCounters(row), targets: new Map() }));
    if (row[7] !== null) state.targets.set(row[7] as string, readTarget(row[7] as string, row.slice(8)));
  }
  return states;
}

/** The part of a space whose targets a role holds. */
export interface RoleBounds {
  readonly role: string;
  readonly space: string;
  /** The first and the last digest, both included. */
  readonly low: Buffer;
  readonly high: Buffer;
}

const BOUNDS = "r.space, r.range_low, r.range_high";

export function selectRoleBounds(repository: string, roles: readonly string[]): Statement {
  return {
    sql: `SELECT r.name, ${BOUNDS} FROM tuf_role r WHERE r.repository = ? AND r.name IN (${placeholders(roles.length)})`,
    parameters: [repository, ...roles],
    varying: true,
  };
}

/** The rows of `selectRoleBounds`, without roles that never hold targets. */
export function readRoleBounds(rows: readonly Row[]): readonly RoleBounds[] {
  return rows.flatMap(([role, ...columns]) => boundsOf(role as string, columns) ?? []);
}

function boundsOf(role: string, [space, low, high]: Row): RoleBounds | undefined {
  if (low === null || high === null) return undefined;
  return { role, space: space as string, low: low as Buffer, high: high as Buffer };
}

/**
 * As `selectRoleStates`, of roles whose bounds were read before: their targets are then ranges of one look-up, which takes
 * servers a third of the time of a SELECT for each of 64 roles. First the roles' rows, with their bounds, then the targets'.
 */
export function selectStatesWithin(
  repository: string,
  roles: readonly string[],
  bounds: readonly RoleBounds[],
): Statement {
  const ofRoles =
    `SELECT ${COUNTERS}, ${BOUNDS}, NULL AS path_hash, NULL AS path, NULL AS length, NULL AS sha256, NULL AS custom ` +
    `FROM tuf_role r WHERE r.repository = ? AND r.name IN (${placeholders(roles.length)})`;
  if (bounds.length === 0) return { sql: ofRoles, parameters: [repository, ...roles], varying: true };
  const within = bounds.map(() => "t.repository = ? AND t.space = ? AND t.path_hash BETWEEN ? AND ?").join(" OR ");
  const ofTargets =
    "SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, t.space, NULL, NULL, t.path_hash, t.path, t.length, t.sha256, t.custom " +
    `FROM tuf_target t WHERE ${within}`;
  return {
    sql: `${ofRoles} UNION ALL ${ofTargets}`,
    parameters: [
      ...[repository, ...roles],
      ...bounds.flatMap(({ space, low, high }): (string | Buffer)[] => [repository, space, low, high]),
    ],
    varying: true,
  };
}

/** By name; `undefined` where the bounds of a role are no longer those that its targets were read by. */
export function readStatesWithin(rows: readonly Row[], asked: readonly RoleBounds[]): RoleStates | undefined {
  const states = new Map<string, RoleState & { readonly targets: Map<string, Target> }>();
  const askedOf = new Map(asked.map((bounds) => [bounds.role, bounds]));
  for (const row of rows.filter(([name]) => name !== null)) {
    const state = { ...readCounters(row), targets: new Map<string, Target>() };
    if (!areSame(boundsOf(state.name, row.slice(7, 10)), askedOf.get(state.name))) return undefined;
    states.set(state.name, state);
  }
  const sorted = [...asked].sort(inOrder);
  for (const row of rows.filter(([name]) => name === null)) {
    const [space, digest, path] = [row[7] as string, row[10] as Buffer, row[11] as string];
    const { role } = lastUpTo(sorted, { space, low: digest });
    states.get(role)?.targets.set(path, readTarget(path, row.slice(12)));
  }
  return states;
}

function areSame(left: RoleBounds | undefined, right: RoleBounds | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.space === right.space && left.low.equals(right.low) && left.high.equals(right.high);
}

type Start = Pick<RoleBounds, "space" | "low">;

function inOrder(left: Start, right: Start): number {
  if (left.space !== right.space) return left.space < right.space ? -1 : 1;
  return left.low.compare(right.low);
}

/** The last of sorted bounds that begins no later than `start`; the bounds of one space do not overlap. */
function lastUpTo(sorted: readonly RoleBounds[], start: Start): RoleBounds {
  let [from, to] = [0, sorted.length - 1];
  while (from < to) {
    const middle = (from + to + 1) >> 1;
    if (inOrder(sorted[middle]!, start) <= 0) from = middle;
    else to = middle - 1;
  }
  return sorted[from]!;
}
