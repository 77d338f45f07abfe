import { beforeAll, describe, expect, test } from "vitest";
import { releaseTogether, startChild, type Child } from "../support/child.js";
import { onSqlBackends } from "./backends.js";
import { COUNTER_NAMES, openTallies, TallySchema, type CounterName } from "./tally.js";
import type { Saver, TallyLog, TallyOrder } from "./tally-writer.child.js";

/** Why this library exists: the same processes, entity and data source, with our `save` and with TypeORM's. */
describe("four processes that raise a counter of their own in one entity, all having loaded it before any saves", () => {
  onSqlBackends((place) => {
    let results: Record<Saver, Finish>;
    beforeAll(async () => {
      results = await contested(place().url);
    }, 120_000);

    test("lose none with `distinct`: what is stored is what they would have left one after the other", () => {
      const { stored, serial, version } = results.distinct;
      expect(serial).toEqual({ first: ROUNDS, second: ROUNDS, third: ROUNDS, fourth: ROUNDS });
      expect(stored).toEqual(serial);
      expect(version).toBe(1 + 4 * ROUNDS);
    });

    test("lose some with TypeORM's `save`, and versions with them", () => {
      const { stored, serial, version } = results.TypeORM;
      expect(serial).toEqual({ first: ROUNDS, second: ROUNDS, third: ROUNDS, fourth: ROUNDS });
      // Where they save in turn, each puts back what those before it have raised; at once, it depends.
      for (const counter of COUNTER_NAMES.slice(0, -1)) {
        expect(serial[counter] - stored[counter]).toBeGreaterThanOrEqual(ROUNDS_IN_TURN);
      }
      // The version goes back too: one number stands for several states.
      expect(version).toBeLessThan(1 + 4 * ROUNDS);
    });
  });
});

const WRITER = new URL("tally-writer.child.ts", import.meta.url);
const ROUNDS_IN_TURN = 3;
const ROUNDS = 8;
const IDS: TallyOrder["ids"] = { distinct: 1, TypeORM: 2 };

type Counters = Record<CounterName, number>;

interface Finish {
  readonly stored: Counters;
  /** What the acknowledged updates come to where each begins after the one before it has ended. */
  readonly serial: Counters;
  readonly version: number;
}

async function contested(url: string): Promise<Record<Saver, Finish>> {
  const dataSource = await openTallies(url, true);
  try {
    const tallies = dataSource.getRepository(TallySchema);
    await tallies.insert(Object.values(IDS).map((id) => ({ id })));
    const writers = COUNTER_NAMES.map((counter) =>
      startChild(WRITER, { url, ids: IDS, counter, rounds: ROUNDS } satisfies TallyOrder),
    );
    await allRounds(writers); // of `distinct`
    await allRounds(writers); // of TypeORM
    const logs = (await Promise.all(writers.map(({ output }) => output))) as Record<Saver, TallyLog>[];
    const finish = async (saver: Saver): Promise<Finish> => {
      const { version, first, second, third, fourth } = await tallies.findOneByOrFail({ id: IDS[saver] });
      return { stored: { first, second, third, fourth }, serial: oneByOne(logs.flatMap((log) => log[saver])), version };
    };
    return { distinct: await finish("distinct"), TypeORM: await finish("TypeORM") };
  } finally {
    await dataSource.destroy();
  }
}

async function allRounds(writers: readonly Child[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await releaseTogether(writers); // to load
    if (round < ROUNDS_IN_TURN) await saveInTurn(writers);
    else await saveAtOnce(writers);
  }
}

async function saveInTurn(writers: readonly Child[]): Promise<void> {
  await Promise.all(writers.map((writer) => writer.next()));
  for (const writer of writers) {
    writer.send("go");
    expect(await writer.next()).toBe("saved");
  }
}

async function saveAtOnce(writers: readonly Child[]): Promise<void> {
  await releaseTogether(writers);
  for (const writer of writers) expect(await writer.next()).toBe("saved");
}

function oneByOne(updates: TallyLog): Counters {
  const counters: Counters = { first: 0, second: 0, third: 0, fourth: 0 };
  for (const counter of updates) counters[counter]++;
  return counters;
}
