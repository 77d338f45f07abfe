import { DataSource } from "typeorm";
import { expect, onTestFinished, test } from "vitest";
import { TufTrust1763700000003 } from "../../infrastructure/persistence/migrations/1763700000003-tuf-trust.js";
import { SqlTufStore } from "../../infrastructure/persistence/tuf/sql-tuf-store.js";
import { firstRoles, keyNamed, repositoryNamed } from "../contract/tuf-store-fixture.js";
import { openTestDatabase } from "../support/open-store.js";
import { onSqlBackends } from "./backends.js";

onSqlBackends((place, backend) => {
  test("trust moves from columns to rows and back, as it was", async () => {
    const database = openTestDatabase(place().url);
    onTestFinished(() => database.close());
    const store = new SqlTufStore(database);
    const one = repositoryNamed("one");
    const many = { ...one.trust.root, keyIds: ["k2", "k1", "k3"], threshold: 2 };
    const keys = Object.fromEntries(["k1", "k2", "k3"].map((keyId) => [keyId, keyNamed(keyId)]));
    await store.createRepository({ ...one, keys, trust: { ...one.trust, root: many } }, firstRoles());
    await store.createRepository(repositoryNamed("two"), firstRoles());
    const before = [await store.repository("one"), await store.repository("two")];

    const { url } = place();
    const source = new DataSource(
      backend === "server" ? { type: "mysql", url } : { type: "better-sqlite3", database: url.slice("sqlite:".length) },
    );
    await source.initialize();
    const runner = source.createQueryRunner();
    const migration = new TufTrust1763700000003();
    await migration.down(runner);
    const [columns] = (await runner.query("SELECT role_trust FROM tuf_repository WHERE name = 'one'")) as object[];
    expect(JSON.stringify(columns)).toContain("k2");
    await migration.up(runner);
    await runner.release();
    await source.destroy();
    expect([await store.repository("one"), await store.repository("two")]).toEqual(before);
  });
});
