import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { openDatabase } from "../../infrastructure/persistence/connection/open-database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { articleTable, articleType } from "../support/article.js";
import { runAsChild } from "../support/child-side.js";

export interface BatchOrder {
  readonly url: string;
  readonly writer: string;
  /** The articles of every batch, in its order. */
  readonly ids: readonly string[];
  readonly rounds: number;
}

export interface BatchDone {
  readonly acknowledged: number;
  /** Records for which another writer came first. */
  readonly merged: number;
}

/** Raises a counter and writes a label of its own in some articles at a time, in columns that differ among them. */
await runAsChild<BatchOrder, BatchDone>(async ({ url, writer, ids, rounds }, parent) => {
  const environment = { clock: systemClock, random: Math.random, firstVersion: () => 1 };
  const database = openDatabase(url, { ...environment, schema: "unmanaged" });
  const articles = new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), environment);
  let acknowledged = 0;
  let merged = 0;
  let loaded = await articles.getMany(ids);
  await parent.ready();
  for (let round = 1; round <= rounds; round++) {
    for (const [index, article] of loaded.entries()) {
      article.views++;
      if (index % 2 === 0) (article.metadata as Record<string, number>)[writer] = round;
      if (index % 3 === 0) article.labels.set(writer, String(round));
      if (index % 3 === 1) article.tags.add(`${writer} ${round}`).delete(`${writer} ${round - 1}`);
    }
    const results = await articles.saveAll(loaded);
    acknowledged++;
    merged += results.filter(({ retries }) => retries > 0).length;
    if (round % 2 === 0) loaded = await articles.getMany(ids); // else on with what the save has shown
  }
  await database.close();
  return { acknowledged, merged };
});
