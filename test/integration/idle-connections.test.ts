import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { openTestDatabase } from "../support/open-store.js";
import { onServer } from "./backends.js";

const IDLE_TRANSACTION_TIMEOUT = 10_000;

describe.each([1, 2])("a pool of %i connections that nobody uses", (poolSize) => {
  onServer((place) => {
    let database: Database;
    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
      database = openTestDatabase(place().url, { poolSize, idleTransactionTimeout: IDLE_TRANSACTION_TIMEOUT });
      await database.connect();
    });
    afterEach(async () => {
      vi.useRealTimers();
      await database.close();
    });

    /** The server's numbers for all connections of the pool. */
    async function connections(): Promise<number[]> {
      const ids = Array.from({ length: poolSize }, () =>
        database.session((session) => session.rows({ sql: "SELECT CONNECTION_ID()", parameters: [] })),
      );
      return (await Promise.all(ids)).map(([row]) => Number(row![0])).sort((left, right) => left - right);
    }

    test("keeps all of them while they are not idle for long", async () => {
      const before = await connections();
      vi.advanceTimersByTime(0.7 * IDLE_TRANSACTION_TIMEOUT);
      expect(await connections()).toEqual(before);
    });

    test("closes them before the server takes them for a silent transaction", async () => {
      const before = await connections();
      vi.advanceTimersByTime(0.9 * IDLE_TRANSACTION_TIMEOUT);
      expect((await connections()).filter((id) => before.includes(id))).toEqual([]);
    });
  });
});
