import { imageType } from "../../domain/image/image-type.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { runAsChild } from "../support/child-side.js";

export interface UpdatesOrder {
  readonly url: string;
  readonly image: string;
  readonly updates: number;
}

export interface UpdatesDone {
  /** How often the function of each update ran. */
  readonly runs: readonly number[];
  readonly escalations: number;
}

/** Raises one counter that everybody raises, update after update. */
await runAsChild<UpdatesOrder, UpdatesDone>(async ({ url, image, updates }, parent) => {
  let escalations = 0;
  const observer = { escalated: () => void escalations++ };
  const environment = { clock: systemClock, random: Math.random, observer };
  const database = openDatabase(url, environment);
  const images = new DistinctRepository(imageType, new SqlRecordStore(database, imageTable), environment);
  await images.get(image);
  await parent.ready();
  const runs: number[] = [];
  for (let update = 0; update < updates; update++) {
    let count = 0;
    await images.update(image, (one) => {
      count++;
      one.minDisk++;
    });
    runs.push(count);
  }
  await database.close();
  return { runs, escalations };
});
