import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Chaos } from "../chaos/chaos.js";
import { freezeAtAnyRequest, meetsAtAnyRequest } from "../chaos/s3-tests.js";
import type { Turn } from "../chaos/turn.js";
import { isWrite, type Mishap } from "../chaos/wire.js";
import { S3Server } from "../support/s3-server.js";
import { onSqlite } from "./backends.js";
import { forgetRepositories } from "./tuf-place.js";

// Processes have to start, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

const PUBLISH: Turn = { kind: "publish" };
/** Two bins, the snapshot and the timestamp. */
const PUTS = 4;

/*
 * The short form of test/chaos/tuf-chaos-s3.test.ts, which also kills workers, and at every request: one kind of work on the
 * shortest database, and a process that is frozen at requests that write.
 */
onSqlite((testDatabase) => {
  describe("storage in S3", () => {
    let server: S3Server;
    let chaos: Chaos;
    beforeEach(async () => {
      await forgetRepositories(testDatabase().url);
      server = await S3Server.start();
      chaos = await Chaos.begin(testDatabase().url, `${server.url}/${server.bucket}`);
    });
    afterEach(async () => {
      await chaos.end();
      await server.close();
    });

    test.each<Mishap>(["lost", "unanswered", "contested", "refused"])(
      "where any request of a publish may be %s misleads nobody",
      async (mishap) => {
        expect(await meetsAtAnyRequest({ chaos, server }, mishap, () => PUBLISH)).toBeGreaterThanOrEqual(PUTS);
      },
    );

    test("takes late what a publisher put that was frozen for longer than old files are kept", async () => {
      expect(await freezeAtAnyRequest({ chaos, server }, PUBLISH, isWrite)).toHaveLength(PUTS);
    });
  });
});
