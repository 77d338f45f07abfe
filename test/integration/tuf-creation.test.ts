import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MemoryTargetEdits } from "../../infrastructure/memory/target-edits.js";
import { MemoryTrustStore } from "../../infrastructure/memory/trust-store.js";
import { TufState } from "../../infrastructure/memory/tuf-state.js";
import { MemoryTufStore } from "../../infrastructure/memory/tuf-store.js";
import { KeyFiles } from "../../infrastructure/signing/key-files.js";
import { beginRootCeremony } from "../../src/application/tuf/creation/begin-root-ceremony.js";
import { createTufRepository } from "../../src/application/tuf/creation/create-tuf-repository.js";
import { PublishTufRepository } from "../../src/application/tuf/publish/publish-tuf-repository.js";
import { signRoot } from "../../src/application/tuf/trust/sign-root.js";
import type { TufPorts } from "../../src/application/tuf/tuf-repository-service.js";
import { verifyTufRepository } from "../../src/application/tuf/verify-tuf-repository.js";
import { Fuse } from "../application/fuse.js";
import { createSqliteFile, type TestDatabase } from "../support/test-database.js";
import { type TufWorker, workerAt } from "./tuf-place.js";

/** More steps than any creation has. */
const MOST_STEPS = 60;

describe.each(["memory", "SQLite"])("a repository in %s", (where) => {
  let database: TestDatabase;
  let directory: string;
  let worker: TufWorker;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "distinction-creation-"));
    database = await createSqliteFile();
    worker = workerAt({ url: database.url, metadata: "", keys: join(directory, "keys") });
  });
  afterEach(async () => {
    await worker.database.close();
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  });

  /** Empty storage, and a name that nobody has. */
  function place(name: string): { ports: TufPorts; name: string } {
    const { files } = workerAt({ url: database.url, metadata: join(directory, name), keys: "" }).ports;
    if (where === "SQLite") return { ports: { ...worker.ports, files }, name };
    const state = new TufState();
    const stores = {
      store: new MemoryTufStore(state),
      trust: new MemoryTrustStore(state),
      edits: new MemoryTargetEdits(state),
    };
    return { ports: { ...worker.ports, ...stores, files }, name };
  }

  const crashing = ({ store, trust, files, keys, ...others }: TufPorts, fuse: Fuse): TufPorts => {
    const guarded = {
      store: fuse.guard(store),
      trust: fuse.guard(trust),
      files: fuse.guard(files),
      keys: fuse.guard(keys),
    };
    return { ...others, ...guarded };
  };

  const expectWhole = async (ports: TufPorts, name: string): Promise<void> => {
    await new PublishTufRepository(ports).publish(name);
    const all = verifyTufRepository(ports, Date.now());
    let step = await all.next();
    while (step.done !== true) step = await all.next();
    expect(step.value).toMatchObject({ rootVersion: 1, snapshotVersion: 1, timestampVersion: 1, bins: 2, targets: 0 });
  };

  test.each(["before", "after"] as const)(
    "whose creation crashes %s any step is there, whole, or not at all",
    async (when) => {
      const outcomes = { there: 0, absent: 0 };
      for (let steps = 1; ; steps++) {
        const { ports, name } = place(`created-${when}-${steps}`);
        const fuse = new Fuse(steps, when);
        const creating = createTufRepository(crashing(ports, fuse), { name, bins: 2 });
        await creating.catch((error: unknown) => expect(String(error)).toContain("crashed"));
        if (!fuse.blown) break;
        const isThere = (await ports.store.repository(name)) !== undefined;
        outcomes[isThere ? "there" : "absent"] += 1;
        if (!isThere) await createTufRepository(ports, { name, bins: 2 });
        await expectWhole(ports, name);
        expect(steps).toBeLessThan(MOST_STEPS);
      }
      expect(outcomes.there).toBeGreaterThan(4);
      expect(outcomes.absent).toBeGreaterThan(4);
    },
  );

  test.each(["before", "after"] as const)(
    "whose ceremony crashes %s any step is there, whole, or not at all",
    async (when) => {
      const people = new KeyFiles(join(directory, "people"), worker.ports.codec);
      const { publicKey } = await people.generate();
      const roles = { root: { keys: [publicKey], threshold: 1 } };
      const outcomes = { there: 0, absent: 0 };
      for (let steps = 1; ; steps++) {
        const { ports, name } = place(`begun-${when}-${steps}`);
        const fuse = new Fuse(steps, when);
        const beginning = beginRootCeremony(crashing(ports, fuse), { name, bins: 2, roles });
        await beginning.catch((error: unknown) => expect(String(error)).toContain("crashed"));
        if (!fuse.blown) break;
        const isThere = (await ports.store.repository(name)) !== undefined;
        outcomes[isThere ? "there" : "absent"] += 1;
        if (!isThere) await beginRootCeremony(ports, { name, bins: 2, roles });
        await expect(new PublishTufRepository(ports).publish(name)).rejects.toMatchObject({ code: "ROOT_UNSIGNED" });
        await signRoot({ ...ports, keys: people }, name);
        await expectWhole(ports, name);
        expect(steps).toBeLessThan(MOST_STEPS);
      }
      expect(outcomes.there).toBeGreaterThan(0);
      expect(outcomes.absent).toBeGreaterThan(4);
    },
  );
});
