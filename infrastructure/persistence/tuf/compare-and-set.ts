import { DistinctionError } from "../../../domain/distinction/errors.js";
import type { Session, Statement } from "../connection/session.js";

/** Takes back what the transaction has written. Becomes the outcome "stale" before any caller sees it. */
export class StaleCommit extends DistinctionError {
  constructor() {
    super("CONFLICT", "another writer committed first");
  }
}

/** Runs a statement that matches all its `rows` exactly if nobody else was first. */
export async function advance(session: Session, compareAndSet: Statement, rows = 1): Promise<void> {
  if ((await session.run(compareAndSet)) < rows) throw new StaleCommit();
}
