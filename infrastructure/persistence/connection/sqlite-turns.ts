import { realpathSync } from "node:fs";
import type { DataSource } from "typeorm";
import { Mutex } from "./mutex.js";
import { refuseInsideUnit } from "../units/open-unit.js";

/** A unit of work has its turn until it ends: waiting from within for the next one would never end. */
class FileTurns extends Mutex {
  override async run<T>(work: () => Promise<T>): Promise<T> {
    refuseInsideUnit(undefined, this);
    return super.run(work);
  }
}

const turns = new Map<string, FileTurns>();

/**
 * Whose turn it is on a data source's file, over all connections of this process. SQLite waits for a lock by blocking the
 * thread: were one connection to wait for another of the same process, the one that holds the lock could never go on.
 */
export function turnsOnFile({ options }: DataSource): Mutex {
  const path = options.database as string;
  if (path === ":memory:") return new FileTurns();
  const file = realpathSync(path);
  let mutex = turns.get(file);
  if (mutex === undefined) turns.set(file, (mutex = new FileTurns()));
  return mutex;
}
