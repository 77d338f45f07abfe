import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { AnyRecordType, RecordOf } from "../../domain/distinction/types/record-type.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import type { ArmOptions, ArmType, BatchArm } from "./arm.js";

/** D: this library with its defaults. */
export const distinctionArm: ArmType<BatchArm> = {
  name: "distinction",
  guarantee: "version checked",
  async open({ url, table, poolSize, onStatement }: ArmOptions): Promise<BatchArm> {
    const database = openDatabase(url, {
      clock: systemClock,
      random: Math.random,
      poolSize,
      schema: "unmanaged", // the workload made the tables
      ...(onStatement && { onStatement: ({ kind, sql }) => void (kind === "statement" && onStatement(sql)) }),
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
        const raise = (record: object): void => void ((record as Record<string, number>)[attribute]! += 1);
        return (await repository.update(id, raise)).retries;
      },
      read: (id) => repository.get(id),
      async saveUnchanged(id, loaded) {
        const record = await repository.get(id);
        loaded();
        await repository.save(record);
      },
      async editMany(attribute, values) {
        const records = await repository.getMany([...values.keys()]);
        for (const record of records as unknown as Record<string, string>[]) {
          record[attribute] = values.get(record["id"]!)!;
        }
        return async () => void (await repository.saveAll(records));
      },
      close: () => database.close(),
    };
  },
};
