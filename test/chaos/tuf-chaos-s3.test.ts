import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onSqlBackends } from "../integration/backends.js";
import { forgetRepositories } from "../integration/tuf-place.js";
import { S3Server } from "../support/s3-server.js";
import { freezeBetweenAnyTwoSteps, killAfterAnyWrite } from "./chaos-tests.js";
import { Chaos } from "./chaos.js";
import { PROTOCOLS } from "./protocols.js";
import { freezeAtAnyRequest, killAtAnyRequest, meetsAtAnyRequest } from "./s3-tests.js";
import type { Turn } from "./turn.js";
import { isOfWriter, meetOften, type Mishap, MISHAPS } from "./wire.js";

const MINUTES = 240_000;
const PUBLISH: Turn = { kind: "publish" };
const DAY = 24 * 3_600_000;
const TURNS: readonly (readonly [string, (round: number) => Turn])[] = [
  ["publishing", () => PUBLISH],
  ["renewing", (round) => ({ kind: "bump", ahead: round * 100 * DAY })],
  ["deleting old files", () => ({ kind: "prune", keepFor: 0 })],
];
const WORK = ["publishing", "renewing", "adding", "removing", "deleting old files"];

onSqlBackends((testDatabase) => {
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

  describe.each(Object.keys(MISHAPS) as Mishap[])("where any request may be %s", (mishap) => {
    // Only conditional writes are contested, and removals have no condition.
    test.each(TURNS.filter(([work]) => mishap !== "contested" || work !== "deleting old files"))(
      "%s is done by one worker or another",
      async (_, turnOf) => {
        expect(await meetsAtAnyRequest({ chaos, server }, mishap, turnOf)).toBeGreaterThan(1);
      },
      MINUTES,
    );
  });

  test(
    "a publisher that is frozen at any request for longer than old files are kept brings nothing back",
    async () => {
      expect((await freezeAtAnyRequest({ chaos, server }, PUBLISH, isOfWriter)).length).toBeGreaterThan(8);
    },
    MINUTES,
  );

  test.each(["before", "after"] as const)(
    "a publisher that is killed %s its request is let go is no loss",
    async (when) => {
      expect((await killAtAnyRequest({ chaos, server }, PUBLISH, when, isOfWriter)).length).toBeGreaterThan(8);
    },
    MINUTES,
  );

  describe.each(PROTOCOLS.filter(({ name }) => WORK.includes(name)))(
    "where something goes wrong all the time, a worker that is $name",
    (protocol) => {
      beforeEach(() => {
        meetOften(server);
      });

      test(
        "and freezes between any two steps delays nobody, and changes nothing when it wakes up",
        () => freezeBetweenAnyTwoSteps(chaos, protocol, { isPruning: true }),
        MINUTES,
      );

      test(
        "and is killed after any step that leaves something behind is no loss",
        () => killAfterAnyWrite(chaos, protocol),
        MINUTES,
      );
    },
  );
});
