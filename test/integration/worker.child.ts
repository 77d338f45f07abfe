import { imageType, type Image } from "../../domain/image/image-type.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { FullWriteRepository } from "../../infrastructure/persistence/comparison/full-write-repository.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { runAsChild } from "../support/child-side.js";
import { increment } from "./counters.js";

/** The two ways to save: what changed, merged with what others changed; or the whole record. */
export type WritePath = "changes" | "full";

export interface WorkOrder {
  readonly url: string;
  /** Whose counters to raise. */
  readonly writer: number;
  /** The images for each way to save, one way after the other. */
  readonly images: Readonly<Record<WritePath, readonly string[]>>;
  readonly rounds: number;
}

export interface WorkDone {
  /** Saves that were answered without an error. */
  readonly acknowledged: number;
  /** How often another writer came first. */
  readonly retries: number;
}

/** Raises its own counter of every image, round after round, and counts what the store acknowledged. */
await runAsChild<WorkOrder, Record<WritePath, WorkDone>>(async ({ url, writer, images, rounds }, parent) => {
  const environment = { clock: systemClock, random: Math.random, firstVersion: () => 1 };
  const database = openDatabase(url, environment);
  const distinct = new DistinctImageRepository(new SqlRecordStore(database, imageTable), environment);
  const full = new FullWriteRepository(imageType, database, imageTable);

  const work = async (
    ids: readonly string[],
    load: (id: string) => Promise<Image>,
    save: (image: Image) => Promise<number>,
  ): Promise<WorkDone> => {
    let acknowledged = 0;
    let retries = 0;
    const raise = async (image: Image): Promise<void> => {
      increment(image, writer);
      retries += await save(image);
      acknowledged++;
    };
    // Everybody holds the same versions before anybody writes: the first round is a race, however fast the others are.
    const loaded = await Promise.all(ids.map(load));
    await parent.ready();
    for (const image of loaded) await raise(image);
    for (let round = 1; round < rounds; round++) for (const id of ids) await raise(await load(id));
    return { acknowledged, retries };
  };

  const done = {
    changes: await work(
      images.changes,
      (id) => distinct.get(id),
      async (image) => (await distinct.save(image)).retries,
    ),
    full: await work(
      images.full,
      (id) => full.get(id),
      async (image) => (await full.save(image), 0),
    ),
  };
  await database.close();
  return done;
});
