import { randomUUID } from "node:crypto";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import type { RepositoryEnvironment } from "../../domain/distinction/repository-environment.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { articleTable, articleType, type Article } from "../support/article.js";
import { environment } from "./backends.js";

type Articles = DistinctRepository<typeof articleType>;

/** A write that is ready to be made over a database at fault. */
export interface Write {
  run(): Promise<unknown>;
  readonly ids: readonly string[];
  /** What is stored of them before it, and after it. */
  readonly before: readonly Stored[];
  readonly after: readonly Stored[];
}

/** Title, views, a label and the number of tags; `undefined` where there is no record. */
export type Stored = readonly [string, number, string | undefined, number] | undefined;

const NEW: Stored = ["new", 0, "new", 2];
const OLD: Stored = ["old", 0, "old", 1];
const EDITED: Stored = ["edited", 0, "edited", 2];
/** Beside what another writer did meanwhile. */
const MERGED: Stored = ["edited", 7, "edited", 2];
const OTHERS: Stored = ["old", 7, "old", 1];

export async function storedOf(articles: Articles, ids: readonly string[]): Promise<readonly Stored[]> {
  const found = await Promise.all(ids.map((id) => articles.find(id)));
  return found.map((one) => one && [one.title, one.views, one.labels.get("k"), one.tags.size]);
}

export function articlesIn(database: Database, more: Partial<RepositoryEnvironment> = {}): Articles {
  return new DistinctRepository(articleType, new SqlRecordStore(database, articleTable), { ...environment, ...more });
}

/** The writes beside a plain save, each made ready by `sound` and run by what goes over `faulty`. */
export function writesOver(sound: Articles, faulty: Database): Readonly<Record<string, () => Promise<Write>>> {
  const articles = articlesIn(faulty);
  const fresh = (): Article =>
    articles.create({ id: randomUUID(), title: "new", labels: [["k", "new"]], tags: ["a", "b"] });

  async function loaded(count: number, through = articles): Promise<Article[]> {
    const ids = Array.from({ length: count }, () => randomUUID());
    await sound.addAll(ids.map((id) => sound.create({ id, title: "old", labels: [["k", "old"]], tags: ["a"] })));
    return through.getMany(ids);
  }

  function edit(article: Article): void {
    article.title = "edited";
    article.labels.set("k", "edited");
    article.tags.add("b");
  }

  const overtake = (id: string): Promise<unknown> => sound.update(id, (article) => void (article.views = 7));
  const idsOf = (records: readonly Article[]): string[] => records.map(({ id }) => id);
  const same = (records: readonly Article[], stored: Stored): Stored[] => records.map(() => stored);

  return {
    add: () => {
      const record = fresh();
      const write = { run: () => articles.add(record), ids: [record.id], before: [undefined], after: [NEW] };
      return Promise.resolve(write);
    },
    addAll: () => {
      const records = [fresh(), fresh(), fresh()];
      const write = { run: () => articles.addAll(records), ids: idsOf(records) };
      return Promise.resolve({ ...write, before: same(records, undefined), after: same(records, NEW) });
    },
    "saveAll of the records' own rows alone": async () => {
      const records = await loaded(3);
      for (const one of records) one.title = "edited";
      const after: Stored = ["edited", 0, "old", 1];
      return { run: () => articles.saveAll(records), ids: idsOf(records), before: same(records, OLD), after: same(records, after) }; // prettier-ignore
    },
    "saveAll with entries": async () => {
      const records = await loaded(3);
      records.forEach(edit);
      return { run: () => articles.saveAll(records), ids: idsOf(records), before: same(records, OLD), after: same(records, EDITED) }; // prettier-ignore
    },
    "saveAll of which one was overtaken": async () => {
      const records = await loaded(3);
      records.forEach(edit);
      await overtake(records[1]!.id);
      const run = (): Promise<unknown> => articles.saveAll(records);
      return { run, ids: idsOf(records), before: [OLD, OTHERS, OLD], after: [EDITED, MERGED, EDITED] };
    },
    remove: async () => {
      const [record] = await loaded(1);
      return { run: () => articles.remove(record!), ids: [record!.id], before: [OLD], after: [undefined] };
    },
    "save under the lock": async () => {
      const impatient = articlesIn(faulty, { retry: { optimisticAttempts: 1 } });
      const [record] = await loaded(1, impatient);
      edit(record!);
      await overtake(record!.id);
      return { run: () => impatient.save(record!), ids: [record!.id], before: [OTHERS], after: [MERGED] };
    },
  };
}
