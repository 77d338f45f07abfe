import "reflect-metadata";
import type { DataSource, QueryRunner } from "typeorm";
import { expect, onTestFinished, test } from "vitest";
import { joinTransaction } from "../../src/composition/existing-data-source.js";
import { onSqlBackends, onSqlite } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";
import { photosOf } from "./two-services.js";

/** TypeORM has one query runner for a file, as long as the process lives; services may keep one of a server for as long. */

/** The functions that a runner's statements go through, and whether they are its own. */
function layers(runner: QueryRunner): unknown[] {
  return (["query", "startTransaction"] as const).flatMap((name) => [Object.hasOwn(runner, name), runner[name]]);
}

onSqlBackends((place) => {
  async function opened(): Promise<DataSource> {
    const dataSource = await openDataSource(place().url, { synchronize: true });
    onTestFinished(() => dataSource.destroy());
    return dataSource;
  }

  test("a runner is left as it was, however many of its transactions are joined", async () => {
    const dataSource = await opened();
    const photos = photosOf(dataSource);
    const photo = photos.create({ title: "x" });
    await photos.add(photo);
    const runner = dataSource.createQueryRunner();
    onTestFinished(() => runner.release());
    const before = layers(runner);
    for (let index = 0; index < 50; index++) {
      await runner.startTransaction();
      await joinTransaction(runner.manager)
        .repository(photos)
        .update(photo.id, (each) => void each.views++);
      await (index % 2 === 0 ? runner.commitTransaction() : runner.rollbackTransaction());
    }
    expect(layers(runner)).toEqual(before);
    expect(await photos.get(photo.id)).toMatchObject({ views: 25 });
  });

  test("a layer that its owner put on the runner stays", async () => {
    const dataSource = await opened();
    const photos = photosOf(dataSource);
    const runner = dataSource.createQueryRunner();
    onTestFinished(() => runner.release());
    const sent: string[] = [];
    const [query, own] = [runner.query, Object.getOwnPropertyDescriptor(runner, "query")];
    const layer = (sql: string, parameters?: unknown[]) => {
      sent.push(sql);
      return query.call(runner, sql, parameters) as Promise<unknown>;
    };
    runner.query = layer as QueryRunner["query"];
    onTestFinished(() => {
      if (own === undefined) delete (runner as Partial<QueryRunner>).query;
    });
    await runner.startTransaction();
    await joinTransaction(runner.manager).repository(photos).find("nobody");
    await runner.commitTransaction();
    expect(runner.query).toBe(layer);
    expect(sent).toContain("COMMIT");
  });
});

onSqlite((place) => {
  test("TypeORM goes on after any number of reads", async () => {
    const dataSource = await openDataSource(place().url, { synchronize: true });
    onTestFinished(() => dataSource.destroy());
    const photos = photosOf(dataSource);
    await photos.find("nobody");
    const before = layers(dataSource.createQueryRunner());
    for (let asked = 0; asked < 12_000; asked++) await dataSource.query("SELECT 1");
    expect(layers(dataSource.createQueryRunner())).toEqual(before);
    await dataSource.transaction((manager) => manager.query("SELECT 1"));
  });
});
