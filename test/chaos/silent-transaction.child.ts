import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { SqlTargetEdits } from "../../infrastructure/persistence/tuf/sql-target-edits.js";
import { SqlTrustStore } from "../../infrastructure/persistence/tuf/sql-trust-store.js";
import { SqlTufStore } from "../../infrastructure/persistence/tuf/sql-tuf-store.js";
import { interposed } from "../integration/interposed.js";
import { type TufPlace, workerAt } from "../integration/tuf-place.js";
import { runAsChild } from "../support/child-side.js";
import { type Turn, TurnTaker } from "./turn.js";

export interface SilentTurn {
  readonly place: TufPlace;
  readonly turn: Turn;
  /** The transaction, from 1, whose COMMIT waits for a word. */
  readonly transaction: number;
  /** Milliseconds. */
  readonly idleTransactionTimeout: number;
}

/** Takes one turn, falls silent inside a transaction, with all its locks, and answers how the turn ended. */
await runAsChild<SilentTurn, string>(async ({ place, turn, transaction, idleTransactionTimeout }, parent) => {
  const { database: inner, ports } = workerAt(place, { idleTransactionTimeout });
  let left = transaction;
  const database = interposed(
    inner,
    async (step) => {
      if (step === "COMMIT" && --left === 0) await parent.ready();
    },
    systemClock,
  );
  const [store, trust] = [new SqlTufStore(database), new SqlTrustStore(database)];
  const worker = new TurnTaker({ ...ports, store, trust, edits: new SqlTargetEdits(database) });
  const ended = await worker.take(turn).then(
    () => "done",
    (error: unknown) => String((error as { code?: unknown }).code),
  );
  await inner.close();
  return ended;
});
