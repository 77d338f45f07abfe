import { EntitySchema, type DataSource } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Thing {
  id: string;
  version: number;
  doc: unknown;
  simple: unknown;
}

const schema = new EntitySchema<Thing>({
  name: "Thing",
  columns: {
    id: { type: String, primary: true, length: 36 },
    version: { type: Number, version: true },
    doc: { type: "json", nullable: true },
    simple: { type: "simple-json", nullable: true },
  },
});

/** Each may be taken for something else on its way through a driver that parses, or a column that prefers numbers. */
const DOCUMENTS = ["str", "5", "null", "true", '{"a":1}', '"q"', 5, 0, -5, 1.5, 2 ** 53 - 1, true, [1], { a: "5" }];

onSqlBackends((place) => {
  let dataSource: DataSource;
  let things: EntityRepository<Thing>;
  beforeAll(async () => {
    dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
    things = distinct(dataSource, schema);
  });
  afterAll(() => dataSource.destroy());

  test.each(DOCUMENTS.map((document, index) => [JSON.stringify(document), document, `d${index}`] as const))(
    "%s comes back as it was given",
    async (_, document, id) => {
      await things.add(things.create({ id, doc: document, simple: document }));
      const thing = await things.get(id);
      expect(thing).toMatchObject({ doc: document, simple: document });
      thing.doc = document;
      expect(things.changes(thing).changes).toEqual([]);
      thing.doc = { now: "an object" };
      await things.save(thing);
      thing.doc = document;
      await things.save(thing);
      const { records } = await things.list({ where: { id: { eq: id } } });
      expect(records).toMatchObject([{ doc: document }]);
    },
  );

  test("text that is no JSON is a corrupt record, and the message does not quote it", async () => {
    await dataSource.query("INSERT INTO thing (id, version, simple) VALUES ('odd', 1, 'confidential text')");
    const corrupt = { code: "CORRUPT_RECORD", message: "Thing odd: what is stored as JSON is none, in simple" };
    await expect(things.get("odd")).rejects.toMatchObject(corrupt);
    await expect(things.list({ where: { id: { eq: "odd" } } })).rejects.toMatchObject(corrupt);
    await expect(things.update("odd", () => undefined)).rejects.toMatchObject(corrupt);
  });
});
