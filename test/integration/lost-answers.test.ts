import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { vaultTable, vaultType } from "../support/vault.js";
import { environment, onSqlBackends } from "./backends.js";
import { interposed } from "./interposed.js";

/** As docs/errors.md tells of `DATABASE_UNAVAILABLE`. */
describe("a save whose COMMIT was not answered", () => {
  onSqlBackends((place) => {
    /** A vault loaded through a database that loses the answer to its next COMMIT, with one view more and a label. */
    async function viewed(store: (database: Database) => SqlRecordStore) {
      let isLost = false;
      const plain = openTestDatabase(place().url);
      const losing = interposed(
        openTestDatabase(place().url),
        async (step, session) => {
          if (step !== "COMMIT" || isLost) return;
          isLost = true;
          await session.run({ sql: "COMMIT", parameters: [], varying: true });
          throw Object.assign(new Error("gone"), { code: "PROTOCOL_CONNECTION_LOST" });
        },
        systemClock,
      );
      onTestFinished(async () => {
        await losing.close();
        await plain.close();
      });
      await createTestTables(plain, vaultTable).catch(() => undefined); // the test before made them
      const others = new DistinctRepository(vaultType, new SqlRecordStore(plain, vaultTable), environment);
      const id = randomUUID();
      await others.add(others.create({ id }));
      const vaults = new DistinctRepository(vaultType, store(losing), environment);
      const vault = await vaults.get(id);
      vault.views++;
      vault.labels.add("seen");
      return { vault, vaults, views: async () => (await others.get(id)).views };
    }

    test("is told as such; read before it is saved again: what is added up would be added twice", async () => {
      const { vault, vaults, views } = await viewed((database) => new SqlRecordStore(database, vaultTable));
      await expect(vaults.save(vault)).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      expect(await views()).toBe(1);
      expect((await vaults.reload(vault)).views).toBe(1);
      await vaults.save(vault);
      expect(await views()).toBe(2);
    });

    test("is looked up where there is a history: nothing is lost, and nothing is added twice", async () => {
      const { vault, vaults, views } = await viewed(
        (database) => new HistoryRecordStore(database, vaultTable, environment),
      );
      expect(await vaults.save(vault)).toMatchObject({ written: true, retries: 0 });
      expect(await views()).toBe(1);
    });
  });
});
