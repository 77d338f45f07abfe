import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { AnyRecordType, RecordOf } from "../../domain/distinction/record-type.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../infrastructure/persistence/open-database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/sql-record-store.js";
import type { Arm, ArmOptions, ArmType } from "./arm.js";

/** D: this library with its defaults. */
export const distinctionArm: ArmType = {
  name: "distinction",
  guarantee: "version checked",
  async open({ url, table, poolSize, onStatement }: ArmOptions): Promise<Arm> {
    const database = openDatabase(url, {
      clock: systemClock,
      random: Math.random,
      poolSize,
      schema: "unmanaged", // the workload made the tables
      ...(onStatement && { onStatement: ({ sql }) => onStatement(sql) }),
    });
    await database.connect();
    const store = new SqlRecordStore(database, table);
    const repository = new DistinctRepository(table.type, store, { clock: systemClock, random: Math.random });
    return {
      async setAttribute(id, attribute, value) {
        const record = await repository.get(id);
        record[attribute] = value as RecordOf<AnyRecordType>[string];
        await repository.save(record);
      },
      async increment(id, attribute) {
        const record = await repository.get(id);
        const counters = record as unknown as Record<string, number>;
        counters[attribute]! += 1;
        return (await repository.save(record)).retries;
      },
      async saveUnchanged(id, loaded) {
        const record = await repository.get(id);
        loaded();
        await repository.save(record);
      },
      close: () => database.close(),
    };
  },
};
