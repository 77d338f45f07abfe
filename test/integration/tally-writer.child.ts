import { distinct } from "../../src/composition/distinct.js";
import { runAsChild } from "../support/child-side.js";
import { openTallies, TallySchema, type CounterName, type Tally } from "./tally.js";

/** `repository.save` of TypeORM, or that of `distinct`, over the same data source and entity. */
export type Saver = "TypeORM" | "distinct";

export interface TallyOrder {
  readonly url: string;
  /** The entity for each of the two, one way after the other. */
  readonly ids: Readonly<Record<Saver, number>>;
  /** The writer's own, which nobody else raises. */
  readonly counter: CounterName;
  readonly rounds: number;
}

/** The counter of each save that was answered without an error. */
export type TallyLog = readonly CounterName[];

/** Raises its own counter round after round. Nobody saves before all have loaded, nor loads before all have saved. */
await runAsChild<TallyOrder, Record<Saver, TallyLog>>(async ({ url, ids, counter, rounds }, parent) => {
  const dataSource = await openTallies(url, false);
  const [theirs, ours] = [dataSource.getRepository(TallySchema), distinct(dataSource, TallySchema)];
  const raise = async (load: () => Promise<Tally>, save: (tally: Tally) => Promise<unknown>): Promise<TallyLog> => {
    const acknowledged: CounterName[] = [];
    for (let round = 0; round < rounds; round++) {
      await parent.ready();
      const tally = await load();
      await parent.ready();
      tally[counter]++;
      await save(tally);
      acknowledged.push(counter);
      await parent.send("saved");
    }
    return acknowledged;
  };
  const logs = {
    distinct: await raise(
      () => ours.get(ids.distinct),
      (tally) => ours.save(tally),
    ),
    TypeORM: await raise(
      () => theirs.findOneByOrFail({ id: ids.TypeORM }),
      (tally) => theirs.save(tally),
    ),
  };
  await dataSource.destroy();
  return logs;
});
