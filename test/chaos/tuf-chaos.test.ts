import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onSqlBackends } from "../integration/backends.js";
import { forgetRepositories } from "../integration/tuf-place.js";
import { Actor } from "./actor.js";
import { freezeBetweenAnyTwoSteps, killAfterAnyWrite, killBeforeTheRecord } from "./chaos-tests.js";
import { Chaos } from "./chaos.js";
import { DISK } from "./failpoints.js";
import { PROTOCOLS, PUBLISHING, REPAIR, UNRECORDED } from "./protocols.js";
import type { Turn } from "./turn.js";

const MINUTES = 240_000;
const PUBLISH: Turn = { kind: "publish" };

onSqlBackends((testDatabase, backend) => {
  let chaos: Chaos;
  beforeEach(async () => {
    await forgetRepositories(testDatabase().url);
    chaos = await Chaos.begin(testDatabase().url);
  });
  afterEach(() => chaos.end());

  // On a file the ports are the same, and so is all that stands between them: the shortest will do.
  describe.each(backend === "server" ? PROTOCOLS : [PUBLISHING])("a worker that is $name", (protocol) => {
    test(
      "and freezes between any two steps delays nobody, and changes nothing when it wakes up",
      () => freezeBetweenAnyTwoSteps(chaos, protocol),
      MINUTES,
    );

    test(
      "and freezes for longer than old files are kept brings nothing back",
      () => freezeBetweenAnyTwoSteps(chaos, protocol, { isPruning: true }),
      MINUTES,
    );

    test(
      "and is killed after any step that leaves something behind is no loss",
      () => killAfterAnyWrite(chaos, protocol),
      MINUTES,
    );
  });

  test.each(backend === "server" ? UNRECORDED : [PUBLISHING])(
    "what a worker answered that is $name is there, though it is killed before the record of it",
    (protocol) => killBeforeTheRecord(chaos, protocol),
    MINUTES,
  );

  // Files are put together here, so that it is killed between the names of two of them.
  test(
    "a worker that is killed between two steps of the storage is no loss",
    async () => {
      const waiting = [new Actor(chaos.place), new Actor(chaos.place)];
      const reached: string[] = [];
      for (let round = 1; ; round++) {
        await chaos.prepare(round);
        const actor = waiting.shift()!;
        waiting.push(new Actor(chaos.place));
        const step = await actor.holdAt({ failpoint: DISK, nth: round }, PUBLISH);
        if (step === undefined) break;
        reached.push(step);
        await actor.kill();
        await chaos.client.poll();
        await chaos.survivorsDo([PUBLISH], [REPAIR, PUBLISH]);
        await chaos.client.poll();
        await chaos.expectPublished();
        await chaos.expectSoundAndDone();
      }
      expect(reached.length).toBeGreaterThan(10);
      // Two bins, the snapshot and the claim of the timestamp are linked. What is written side by side is not counted alike
      // in every round, so that a round may meet a step again or miss it.
      expect(reached.filter((step) => step.startsWith("disk.link")).length).toBeGreaterThanOrEqual(4);
      expect(reached.some((step) => step.startsWith("disk.rename"))).toBe(true);
      expect(await chaos.client.stop()).toBeGreaterThanOrEqual(2 * reached.length);
    },
    MINUTES,
  );
});
