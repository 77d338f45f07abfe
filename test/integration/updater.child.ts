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

/** What became of each update, in their order. */
export type UpdatesDone = readonly {
  /** How often its function ran. */
  readonly runs: number;
  /** The retries that each of its escalations told. */
  readonly escalated: readonly number[];
}[];

/** Raises one counter that everybody raises, update after update. */
await runAsChild<UpdatesOrder, UpdatesDone>(async ({ url, image, updates }, parent) => {
  let escalated: number[] = [];
  const observer = { escalated: ({ retries }: { readonly retries: number }) => void escalated.push(retries) };
  const environment = { clock: systemClock, random: Math.random, observer };
  const database = openDatabase(url, environment);
  const images = new DistinctRepository(imageType, new SqlRecordStore(database, imageTable), environment);
  await images.get(image);
  await parent.ready();
  const done: UpdatesDone[number][] = [];
  for (let update = 0; update < updates; update++) {
    let runs = 0;
    escalated = [];
    await images.update(image, (one) => {
      runs++;
      one.minDisk++;
    });
    done.push({ runs, escalated });
  }
  await database.close();
  return done;
});
