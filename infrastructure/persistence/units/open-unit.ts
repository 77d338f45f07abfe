import { AsyncLocalStorage } from "node:async_hooks";
import { unitMisused } from "../../../domain/distinction/unit/unit-errors.js";

/** A unit of work whose work is running, as far as others must know of it. */
export interface OpenUnit {
  /** The identity of the database that it holds a connection of. */
  readonly database: object;
  /** What it holds that there is one of, e.g. the turn on an SQLite file. */
  readonly exclusive: object | undefined;
  isOpen: boolean;
  /** The unit of another database that this one runs inside. */
  readonly outer: OpenUnit | undefined;
}

/** Costs nothing before the first unit of the process. */
const current = new AsyncLocalStorage<OpenUnit>();

export function openUnit(database: object, exclusive: object | undefined): OpenUnit {
  return { database, exclusive, isOpen: true, outer: current.getStore() };
}

/** Runs the work of a unit so that `refuseInsideUnit` knows what is called from within. */
export function insideUnit<T>(unit: OpenUnit, work: () => Promise<T>): Promise<T> {
  return current.run(unit, work);
}

/**
 * Refuses to touch, from within a unit, the database of that unit by another way. On an SQLite file that would wait for
 * ever for the unit's own turn; on a server it could wait for the unit's own locks, or for the connection that the
 * unit holds, and would not be undone with the unit.
 *
 * @throws DistinctionError `UNIT_MISUSED`
 */
export function refuseInsideUnit(database: object | undefined, exclusive: object | undefined): void {
  for (let unit = current.getStore(); unit !== undefined; unit = unit.outer) {
    if (!unit.isOpen) continue;
    if (unit.database === database || (exclusive !== undefined && unit.exclusive === exclusive)) {
      throw unitMisused("inside one, use what tx.repository gives, and no unit of its own within it");
    }
  }
}

/** Whether this is called from within a unit that holds a connection of `database`. */
export function isInsideUnit(database: object): boolean {
  for (let unit = current.getStore(); unit !== undefined; unit = unit.outer) {
    if (unit.isOpen && unit.database === database) return true;
  }
  return false;
}
