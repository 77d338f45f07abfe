import { afterEach, beforeEach, expect, test } from "vitest";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { CoalescedTargetEdits } from "../../domain/tuf/coalesced-edits.js";
import { TufRepositoryService } from "../../src/application/tuf/tuf-repository-service.js";
import { onSqlBackends } from "./backends.js";
import { fileOf } from "../contract/tuf-store-fixture.js";
import {
  binOfPath,
  contentOf,
  createTufPlace,
  forgetRepositories,
  REPOSITORY,
  type TufPlace,
  workerAt,
} from "./tuf-place.js";

onSqlBackends((testDatabase) => {
  let place: TufPlace;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    await forgetRepositories(testDatabase().url);
    ({ place, remove } = await createTufPlace(testDatabase().url));
  });
  afterEach(() => remove());

  test("64 that add and wait until it is visible cost what one does", async () => {
    const sent: StatementEvent[] = [];
    const { database, ports } = workerAt(place, {
      onStatement: (event) => void (event.kind === "statement" && sent.push(event)),
    });
    try {
      const service = new TufRepositoryService({ ...ports, edits: new CoalescedTargetEdits(ports.edits) }, REPOSITORY);
      const add = async (path: string): Promise<void> => {
        await service.add(new Map([[path, contentOf(path)]]));
        await service.publish();
      };
      // What a publish is answered before is sent either way, and so is what the status asks.
      const costOf = async (...paths: readonly string[]): Promise<number> => {
        sent.length = 0;
        await Promise.all(paths.map(add));
        await service.status();
        return sent.length;
      };
      await costOf("warm");
      const one = await costOf("one");
      const many = await costOf(...Array.from({ length: 64 }, (_, index) => `many/${index}`));
      expect(many).toBeLessThanOrEqual(one + 1); // the bounds of several bins are read beforehand
    } finally {
      await database.close();
    }
  });

  test("a commit of many roles that comes too late sends what that of one does", async () => {
    let sent = 0;
    const { database, ports } = workerAt(place, { onStatement: ({ kind }) => void (kind === "statement" && sent++) });
    const bins = [...new Set(Array.from({ length: 64 }, (_, index) => binOfPath(`path ${index}`)))];
    expect(bins.length).toBeGreaterThan(2);
    const costOf = async (...roles: readonly string[]): Promise<number> => {
      sent = 0;
      const late = roles.map((role) => ({ file: fileOf(role, 99), signedVersion: 1 }));
      expect(await ports.store.commitSignedRoles(REPOSITORY, late)).toBe("stale");
      return sent;
    };
    try {
      await costOf(bins[0]!);
      expect(await costOf(...bins)).toBe(await costOf(bins[0]!));
    } finally {
      await database.close();
    }
  });
});
