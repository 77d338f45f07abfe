import { DataSource } from "typeorm";
import { expect, onTestFinished, test } from "vitest";
import { firstTrust, succeeding, UNPUBLISHED } from "../../domain/tuf/trust.js";
import { TufUnpublishedTrust1763700000010 } from "../../infrastructure/persistence/migrations/1763700000010-tuf-unpublished-trust.js";
import { SqlTrustStore } from "../../infrastructure/persistence/tuf/sql-trust-store.js";
import { SqlTufStore } from "../../infrastructure/persistence/tuf/sql-tuf-store.js";
import { firstRoles, keyNamed, repositoryNamed } from "../contract/tuf-store-fixture.js";
import { openTestDatabase } from "../support/open-store.js";
import { onSqlBackends } from "./backends.js";

onSqlBackends((place, backend) => {
  test("transitions under way have no end until they are found published, and one again on the way back", async () => {
    const database = openTestDatabase(place().url);
    onTestFinished(() => database.close());
    const [store, trust] = [new SqlTufStore(database), new SqlTrustStore(database)];
    await store.createRepository(repositoryNamed("kept"), firstRoles());
    const next = succeeding(firstTrust({ keyIds: ["k1"], threshold: 1 }), { keyIds: ["k2"], threshold: 1 }, 0);
    // As it was kept before: it ends whether anybody has seen it or not.
    const kept = { ...next, transitionEnds: 600_000 };
    await trust.commitBinsTrust("kept", { role: "bins", trust: kept, keys: { k2: keyNamed("k2") } });
    const ends = async (role: string) => (await store.repository("kept"))!.trust[role]!.transitionEnds;

    const { url } = place();
    const source = new DataSource(
      backend === "server" ? { type: "mysql", url } : { type: "better-sqlite3", database: url.slice("sqlite:".length) },
    );
    await source.initialize();
    const runner = source.createQueryRunner();
    const migration = new TufUnpublishedTrust1763700000010();
    await migration.up(runner);
    expect(await ends("bins")).toBe(UNPUBLISHED);
    expect(await ends("timestamp")).toBe(0);
    const began = Date.now();
    await migration.down(runner);
    await runner.release();
    await source.destroy();
    expect(await ends("bins")).toBeGreaterThanOrEqual(began + 600_000);
    expect(await ends("bins")).toBeLessThan(UNPUBLISHED);
    expect(await ends("timestamp")).toBe(0);
  });
});
