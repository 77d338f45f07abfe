import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { runAsChild } from "../support/child-side.js";

export interface TransferOrder {
  readonly url: string;
  /** Takes from the first and gives to the second. */
  readonly images: readonly [from: string, to: string];
  readonly rounds: number;
}

export interface TransfersDone {
  readonly acknowledged: number;
  readonly runs: number;
}

/** Moves one unit of disk after another from one image to another, each move one unit of work; counts what was acknowledged. */
await runAsChild<TransferOrder, TransfersDone>(async ({ url, images: [from, to], rounds }, parent) => {
  const environment = { clock: systemClock, random: Math.random };
  const database = openDatabase(url, environment);
  await database.connect();
  const images = new DistinctImageRepository(new SqlRecordStore(database, imageTable), environment);
  const units = new SqlUnitOfWork(database, environment);
  await parent.ready();
  let acknowledged = 0;
  let runs = 0;
  for (let round = 0; round < rounds; round++) {
    await units.run(async (tx) => {
      runs++;
      const inside = tx.repository(images);
      const [source, target] = [await inside.get(from), await inside.get(to)];
      source.minDisk -= 1;
      source.properties.set("moved", String(Number(source.properties.get("moved") ?? 0) + 1));
      target.minDisk += 1;
      await inside.save(source);
      await inside.save(target);
    });
    acknowledged++;
  }
  await database.close();
  return { acknowledged, runs };
});
