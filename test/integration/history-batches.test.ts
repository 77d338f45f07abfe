import { expect, onTestFinished, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { HistoryRecordStore } from "../../infrastructure/persistence/history/history-record-store.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onServer } from "./backends.js";
import { interposed, type BeforeStep } from "./interposed.js";

onServer((place) => {
  test("a batch whose transaction had a view before its locks merges with what was stored in between", async () => {
    const inner = openTestDatabase(place().url);
    onTestFinished(() => inner.close());
    await createTestTables(inner, articleTable);
    const over = (database: typeof inner) =>
      new DistinctRepository(articleType, new HistoryRecordStore(database, articleTable, environment), environment);
    const others = over(inner);
    const ids = ["1", "2"];
    await others.addAll(ids.map((id) => others.create({ id, tags: ["t"] })));

    let inTransaction = false;
    let isLate = false;
    const before: BeforeStep = async (step, session) => {
      inTransaction = step === "BEGIN" || (inTransaction && step !== "COMMIT");
      if (step === "BEGIN" || !inTransaction || isLate) return;
      isLate = true;
      await session.rows({ sql: "SELECT COUNT(*) FROM article_tags", parameters: [] });
      await others.update("1", (article) => {
        article.title = "theirs";
        article.tags.add("theirs");
      });
    };
    const articles = over(interposed(inner, before, systemClock));
    const mine = await articles.getMany(ids);
    for (const article of mine) article.views += 1;
    expect(await articles.saveAll(mine)).toMatchObject([{ written: true, retries: 1 }, { written: true }]);
    expect([...mine[0]!.tags]).toEqual(["t", "theirs"]);
    const [stored, other] = await others.getMany(ids);
    expect(stored).toMatchObject({ title: "theirs", views: 1 });
    expect([...stored!.tags].sort()).toEqual(["t", "theirs"]);
    expect(other).toMatchObject({ title: "", views: 1 });
  });

  test("a repository's first batch looks nothing up in its transaction", async () => {
    const inner = openTestDatabase(place().url);
    onTestFinished(() => inner.close());
    let steps: string[] = [];
    const before: BeforeStep = (step) => void (step === "BEGIN" ? (steps = [step]) : steps.push(step));
    const store = new HistoryRecordStore(interposed(inner, before, systemClock), articleTable, environment);
    const articles = new DistinctRepository(articleType, store, environment);
    await articles.addAll(["3", "4"].map((id) => articles.create({ id })));
    const saved = await articles.getMany(["3", "4"]);
    for (const batch of ["first", "second"]) {
      for (const article of saved) article.title = batch;
      await articles.saveAll(saved);
      expect(steps.slice(0, 3), batch).toEqual(["BEGIN", "SELECT", "UPDATE"]);
    }
  });
});
