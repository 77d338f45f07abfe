import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { onServer } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Stage {
  key: string;
  visits: number;
  title: string;
  version: number;
}

const KEYS = ["draft", "gone", "kept", "public"] as const;

/** A batch of these cannot be joined with a JSON_TABLE, whose columns are declared as whole numbers and text alone. */
describe("a batch of records whose keys are words of an ENUM", () => {
  onServer((place) => {
    const schema = new EntitySchema<Stage>({
      name: "Stage",
      columns: {
        key: { type: "enum", enum: ["public", "draft", "gone", "kept"], primary: true },
        visits: { type: Number, default: 0 },
        title: { type: String, length: 40, default: "" },
        version: { type: Number, version: true },
      },
    });
    const sent: StatementEvent[] = [];
    let dataSource: DataSource;
    let stages: EntityRepository<Stage>;
    let others: EntityRepository<Stage>;
    beforeAll(async () => {
      dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
      const options = { policies: { visits: "sum" }, random: () => 0 } as const;
      stages = distinct(dataSource, schema, { ...options, onStatement: (event) => void sent.push(event) });
      others = distinct(dataSource, schema, options);
    });
    beforeEach(async () => {
      await dataSource.query("DELETE FROM stage");
      await stages.addAll(KEYS.map((key) => stages.create({ key })));
    });
    afterAll(() => dataSource.destroy());

    const visited = async (): Promise<Stage[]> => {
      const loaded = await stages.getMany(KEYS);
      for (const stage of loaded) stage.visits++;
      sent.length = 0;
      return loaded;
    };
    const stored = async (): Promise<unknown[]> =>
      (await others.getMany(KEYS)).map(({ key, visits, title }) => [key, visits, title]);

    test("is an update of each, in one transaction", async () => {
      const loaded = await visited();
      const results = await stages.saveAll(loaded);
      expect(results).toMatchObject(KEYS.map(() => ({ written: true, retries: 0 })));
      expect(await stored()).toEqual(KEYS.map((key) => [key, 1, ""]));
      const updates = sent.filter(({ sql }) => sql.startsWith("UPDATE"));
      expect(updates.map(({ rows }) => rows)).toEqual(KEYS.map(() => 1));
      expect(new Set(updates.map(({ transaction }) => transaction)).size).toBe(1);
      expect(updates.map(({ sql }) => sql).join()).not.toContain("JSON_TABLE");
    });

    test("merges those that others changed", async () => {
      const loaded = await visited();
      await others.update(KEYS[1], (stage) => void Object.assign(stage, { visits: stage.visits + 5, title: "theirs" }));
      const results = await stages.saveAll(loaded);
      expect(results.map(({ retries }) => retries)).toEqual([0, 1, 0, 0]);
      expect(await stored()).toEqual(KEYS.map((key, index) => (index === 1 ? [key, 6, "theirs"] : [key, 1, ""])));
    });

    test("writes nothing where one conflicts, or is gone", async () => {
      const loaded = await visited();
      await others.update(KEYS[2], (stage) => void (stage.title = "theirs"));
      loaded[2]!.title = "mine";
      await expect(stages.saveAll(loaded)).rejects.toMatchObject({ code: "CONFLICT", id: KEYS[2] });
      await others.remove(await others.get(KEYS[3]));
      await expect(stages.saveAll(loaded)).rejects.toMatchObject({ code: "RECORD_NOT_FOUND", id: KEYS[3] });
      const left = (await others.list()).records.map(({ key, visits }) => [key, visits]);
      expect(left.length).toBe(3);
      expect(left.map(([, visits]) => visits)).toEqual([0, 0, 0]);
    });
  });
});
