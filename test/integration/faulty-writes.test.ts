import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { FakeClock } from "../support/fake-clock.js";
import { articleTable } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { onServer, onSqlBackends } from "./backends.js";
import { articlesIn, storedOf, writesOver, type Write } from "./faulty-writes.js";
import { interposed, type Step } from "./interposed.js";

const NAMES = [
  "add",
  "addAll",
  "saveAll of the records' own rows alone",
  "saveAll with entries",
  "saveAll of which one was overtaken",
  "remove",
  "save under the lock",
];

/** More than any of them sends, preparing included. */
const MANY = 100;

describe("a write over a connection that breaks at each of its packets", () => {
  onServer((place) => {
    let proxy: TcpProxy;
    let direct: Database;
    let breaking: Database;
    let writes: Readonly<Record<string, () => Promise<Write>>>;
    beforeAll(async () => {
      const { hostname, port } = new URL(place().url);
      proxy = await TcpProxy.to(hostname, Number(port || 3306));
      direct = openTestDatabase(place().url);
      await createTestTables(direct, articleTable);
      breaking = openTestDatabase(proxy.through(place().url), { poolSize: 2 });
      writes = writesOver(articlesIn(direct), breaking);
    });
    afterAll(async () => {
      await breaking.close();
      await direct.close();
      await proxy.close();
    });

    test("all of them are here", () => expect(Object.keys(writes)).toEqual(NAMES));

    describe.each(NAMES)("%s", (name) => {
      test.each(["cut", "drop"] as const)(
        "%s: all or nothing, and no false answer",
        async (fate) => {
          const sound = articlesIn(direct);
          const ends = { done: 0, unknown: 0, undone: 0 };
          for (let at = 1; ; at++) {
            expect(at).toBeLessThan(MANY);
            const { run, ids, before, after } = await writes[name]!();
            let sent = 0;
            proxy.onPacket = () => (++sent === at ? fate : "pass");
            const [outcome] = await Promise.allSettled([run()]);
            proxy.onPacket = () => "pass";
            const stored = await storedOf(sound, ids);
            if (outcome.status === "fulfilled") {
              expect(stored, `packet ${at}`).toEqual(after);
              ends.done++;
            } else {
              expect(outcome.reason, `packet ${at}`).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
              expect([before, after], `packet ${at}`).toContainEqual(stored);
              const isDone = JSON.stringify(stored) === JSON.stringify(after);
              if (fate === "cut") expect(isDone, `packet ${at} did not arrive`).toBe(false);
              ends[isDone ? "unknown" : "undone"]++;
            }
            if (sent < at) break; // it was through before anything broke
          }
          // Done, and not answered: told as such, and only where it is so.
          expect(ends.unknown > 0).toBe(fate === "drop");
          expect(ends.done).toBeGreaterThan(0);
        },
        60_000,
      );
    });
  });
});

describe("a write that the database gives up on, at each of its steps", () => {
  onSqlBackends((place, backend) => {
    const reasons: readonly object[] =
      backend === "server" ? [1213, 1205, 1020, 3101].map((errno) => ({ errno })) : [{ code: "SQLITE_BUSY" }];
    let direct: Database;
    beforeAll(async () => {
      direct = openTestDatabase(place().url);
      await createTestTables(direct, articleTable);
    });
    afterAll(() => direct.close());

    describe.each(NAMES)("%s", (name) => {
      test.each(reasons)("for %o is run again, and is all there", async (reason) => {
        const sound = articlesIn(direct);
        for (let at = 0; ; at++) {
          const steps: Step[] = [];
          let isRunning = false;
          let failures = 0;
          const failing = interposed(
            direct,
            (step) => {
              if (!isRunning || (steps.push(step) <= at && failures === 0) || failures === 2) return;
              failures++;
              throw Object.assign(new Error("no luck"), reason);
            },
            new FakeClock(),
          );
          const { run, ids, after } = await writesOver(sound, failing)[name]!();
          isRunning = true;
          await run();
          expect(await storedOf(sound, ids), `step ${at}: ${steps.join()}`).toEqual(after);
          if (failures === 0) break;
          expect(failures).toBe(2);
        }
      });
    });
  });
});
