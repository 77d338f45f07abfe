import { beforeEach, describe, expect, test } from "vitest";
import { onSqlBackends } from "../integration/backends.js";
import { freezeBetweenAnyTwoSteps, killAfterAnyWrite } from "./chaos-tests.js";
import { PROTOCOLS, REPAIR } from "./protocols.js";
import { s3ChaosOfEachTest } from "./s3-chaos.js";
import { freezeAtAnyRequest, killAtAnyRequest, meetsAtAnyRequest } from "./s3-tests.js";
import type { Turn } from "./turn.js";
import { isOfWriter, isWrite, meetOften, type Mishap, MISHAPS } from "./wire.js";

const MINUTES = 240_000;
const PUBLISH: Turn = { kind: "publish" };
const DAY = 24 * 3_600_000;
const TURNS: readonly (readonly [string, (round: number) => Turn])[] = [
  ["publishing", () => PUBLISH],
  ["renewing", (round) => ({ kind: "bump", ahead: round * 100 * DAY })],
  ["deleting old files", () => ({ kind: "prune", keepFor: 0 })],
  ["putting back what storage lost", () => REPAIR],
];
const WORK = ["publishing", "renewing", "adding", "removing", "deleting old files"];

onSqlBackends((testDatabase) => {
  const s3 = s3ChaosOfEachTest(() => testDatabase().url);

  describe.each(Object.keys(MISHAPS) as Mishap[])("where any request may be %s", (mishap) => {
    // Only conditional writes are contested, and removals have no condition.
    test.each(TURNS.filter(([work]) => mishap !== "contested" || work !== "deleting old files"))(
      "%s is done by one worker or another",
      async (_, turnOf) => {
        expect(await meetsAtAnyRequest(s3(), mishap, turnOf)).toBeGreaterThan(1);
      },
      MINUTES,
    );
  });

  test(
    "a publisher that is frozen at any request for longer than old files are kept brings nothing back",
    async () => {
      expect((await freezeAtAnyRequest(s3(), PUBLISH, isOfWriter)).length).toBeGreaterThan(8);
    },
    MINUTES,
  );

  test.each(["before", "after"] as const)(
    "a publisher that is killed %s its request is let go is no loss",
    async (when) => {
      expect((await killAtAnyRequest(s3(), PUBLISH, when, isOfWriter)).length).toBeGreaterThan(8);
    },
    MINUTES,
  );

  test.each(["before", "after"] as const)(
    "a repairer that is killed %s its request is let go is no loss",
    async (when) => {
      expect((await killAtAnyRequest(s3(), REPAIR, when, isWrite)).length).toBeGreaterThan(6);
    },
    MINUTES,
  );

  describe.each(PROTOCOLS.filter(({ name }) => WORK.includes(name)))(
    "where something goes wrong all the time, a worker that is $name",
    (protocol) => {
      beforeEach(() => {
        meetOften(s3().server);
      });

      test(
        "and freezes between any two steps delays nobody, and changes nothing when it wakes up",
        () => freezeBetweenAnyTwoSteps(s3().chaos, protocol, { isPruning: true }),
        MINUTES,
      );

      test(
        "and is killed after any step that leaves something behind is no loss",
        () => killAfterAnyWrite(s3().chaos, protocol),
        MINUTES,
      );
    },
  );
});
