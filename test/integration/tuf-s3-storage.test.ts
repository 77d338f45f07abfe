import { describe, expect, test, vi } from "vitest";
import { s3ChaosOfEachTest } from "../chaos/s3-chaos.js";
import { freezeAtAnyRequest, meetsAtAnyRequest } from "../chaos/s3-tests.js";
import type { Turn } from "../chaos/turn.js";
import { isWrite, type Mishap } from "../chaos/wire.js";
import { onSqlite } from "./backends.js";

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
    const s3 = s3ChaosOfEachTest(() => testDatabase().url);

    test.each<Mishap>(["lost", "unanswered", "contested", "refused"])(
      "where any request of a publish may be %s misleads nobody",
      async (mishap) => {
        expect(await meetsAtAnyRequest(s3(), mishap, () => PUBLISH)).toBeGreaterThanOrEqual(PUTS);
      },
    );

    test("takes late what a publisher put that was frozen for longer than old files are kept", async () => {
      expect(await freezeAtAnyRequest(s3(), PUBLISH, isWrite)).toHaveLength(PUTS);
    });
  });
});
