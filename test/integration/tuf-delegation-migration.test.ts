import { DataSource } from "typeorm";
import { expect, onTestFinished, test } from "vitest";
import { TufDelegations1763700000006 } from "../../infrastructure/persistence/migrations/1763700000006-tuf-delegations.js";
import { SqlTargetEdits } from "../../infrastructure/persistence/tuf/sql-target-edits.js";
import { SqlTrustStore } from "../../infrastructure/persistence/tuf/sql-trust-store.js";
import { SqlTufStore } from "../../infrastructure/persistence/tuf/sql-tuf-store.js";
import { DEFAULT_EXPIRY } from "../../domain/tuf/expiry.js";
import { firstTrust } from "../../domain/tuf/trust.js";
import { digestOf, firstRoles, keyNamed, pathsIn, repositoryNamed, targetOf } from "../contract/tuf-store-fixture.js";
import { openTestDatabase } from "../support/open-store.js";
import { onSqlBackends } from "./backends.js";

onSqlBackends((place, backend) => {
  test("targets of bins come through the change of their key and back; those of custom roles go with these", async () => {
    const database = openTestDatabase(place().url);
    onTestFinished(() => database.close());
    const store = new SqlTufStore(database);
    const edits = new SqlTargetEdits(database);
    const repository = repositoryNamed("kept");
    await store.createRepository(repository, firstRoles());
    const put = (bin: string, path: string, space: object = {}) =>
      edits.accept("kept", [
        { bin, ...space, edits: [{ path, digest: digestOf(path), target: targetOf(path, { a: 1 }) }] },
      ]);
    const [path] = pathsIn("bins-2", 1);
    await put("bins-2", path!);
    const before = await store.roleStates("kept", ["bins-2", "targets"]);
    await new SqlTrustStore(database).commitDelegations("kept", {
      follows: 1,
      roles: [{ name: "team", paths: ["team/*"], terminating: false, expiry: DEFAULT_EXPIRY.targets }],
      added: [{ name: "team", kind: "custom" }],
      retired: [],
      updates: [{ role: "team", trust: firstTrust({ keyIds: ["k2"], threshold: 1 }), keys: { k2: keyNamed("k2") } }],
      withTargets: false,
    });
    await put("team", path!, { space: "team" });

    const { url } = place();
    const source = new DataSource(
      backend === "server" ? { type: "mysql", url } : { type: "better-sqlite3", database: url.slice("sqlite:".length) },
    );
    await source.initialize();
    const runner = source.createQueryRunner();
    const migration = new TufDelegations1763700000006();
    await migration.down(runner);
    await migration.up(runner);
    await runner.release();
    await source.destroy();
    const [bin] = await store.roleStates("kept", ["bins-2"]);
    expect(bin).toEqual(before[0]);
    const after = (await store.repository("kept"))!;
    expect(after).toEqual({ ...repository, customRoles: [], targetsVersion: 2 });
    await put("bins-2", path!);
    expect((await store.roleStates("kept", ["bins-2"]))[0]).toEqual(before[0]);
  });
});
