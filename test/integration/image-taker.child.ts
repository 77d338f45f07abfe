import { ConflictError } from "../../domain/distinction/errors.js";
import { moveTo } from "../../domain/image/image-steps.js";
import { runAsChild } from "../support/child-side.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment } from "../support/images.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";

export interface TakeOrder {
  readonly url: string;
  readonly images: readonly string[];
  readonly taker: number;
}

/** The images that one process took. */
export interface Taken {
  readonly uploads: readonly string[];
  readonly locks: readonly string[];
}

/** Takes what it can: uploads, with images that everybody has loaded before; then locks. */
await runAsChild<TakeOrder, Taken>(async ({ url, images, taker }, parent) => {
  const database = openTestDatabase(url);
  const repository = new DistinctImageRepository(new SqlRecordStore(database, imageTable), environment);
  const taken = async (take: (id: string) => Promise<unknown>): Promise<string[]> => {
    const mine: string[] = [];
    for (const id of images) {
      try {
        await take(id);
        mine.push(id);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
    }
    return mine;
  };
  const loaded = new Map(await Promise.all(images.map(async (id) => [id, await repository.get(id)] as const)));
  await parent.ready();
  const uploads = await taken(async (id) => {
    moveTo(loaded.get(id)!, "saving");
    await repository.save(loaded.get(id)!);
  });
  await parent.ready();
  const locks = await taken((id) => repository.setPropertyAtomic(id, "os_glance_lock", String(taker)));
  await database.close();
  return { uploads, locks };
});
