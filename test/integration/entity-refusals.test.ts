import "reflect-metadata";
import { DataSource, EntitySchema, type EntitySchemaOptions } from "typeorm";
import { afterEach, expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { historyIn, unitOfWork } from "../../src/composition/existing-data-source.js";
import { ENTITIES, openDataSource, Photo, Unversioned } from "./entity-fixtures.js";
import { onSqlBackends } from "./backends.js";

type Columns = EntitySchemaOptions<Record<string, unknown>>["columns"];

const id = { type: String, primary: true, length: 36 } as const;
const version = { type: Number, version: true } as const;

function schema(columns: Columns, rest: Partial<EntitySchemaOptions<Record<string, unknown>>> = {}): EntitySchema {
  return new EntitySchema<Record<string, unknown>>({ name: "Thing", columns: { id, version, ...columns }, ...rest });
}

let opened: DataSource | undefined;
afterEach(async () => {
  await opened?.destroy();
  opened = undefined;
});

async function open(...entities: EntitySchema[]): Promise<DataSource> {
  opened = await new DataSource({ type: "better-sqlite3", database: ":memory:", entities }).initialize();
  return opened;
}

test("a key that the database counts is to be given, and the message says so", async () => {
  const counted = { type: Number, primary: true, generated: "increment" } as const;
  const things = new EntitySchema<Record<string, unknown>>({ name: "Thing", columns: { id: counted, version } });
  const repository = distinct(await open(things), things);
  expect(() => repository.create({})).toThrow(
    /^Thing: id: .*, got nothing, and what the database counts is not known before it is stored$/,
  );
});

test.each([
  { type: "postgres", url: "postgres://localhost/photos", driver: {} },
  { type: "cockroachdb", url: "postgres://localhost/photos", driver: {}, timeTravelQueries: false },
] as const)("a data source of another kind of database, before it connects: $type", (options) => {
  const dataSource = new DataSource({ ...options, entities: [Photo] });
  const refusal = expect.objectContaining({
    code: "UNSUPPORTED_SERVER",
    message: `a data source of type mysql, mariadb, better-sqlite3 is needed, got one of type ${options.type}`,
  }) as Error;
  for (const use of [() => distinct(dataSource, Photo), () => unitOfWork(dataSource), () => historyIn(dataSource)]) {
    expect(use).toThrow(refusal);
  }
});

const author = new EntitySchema<Record<string, unknown>>({ name: "Author", columns: { id } });
const childOf = (columns: Columns, relation: object = {}): EntitySchema =>
  new EntitySchema<Record<string, unknown>>({
    name: "Child",
    columns: { id, ...columns },
    relations: {
      thing: { type: "many-to-one", target: "Thing", inverseSide: "children", nullable: false, ...relation },
    },
  });
const owner = schema(
  {},
  { relations: { children: { type: "one-to-many", target: "Child", inverseSide: "thing", cascade: true } } },
);

test.each<[string, EntitySchema[], RegExp]>([
  [
    "a column without an order of bytes",
    [schema({ data: { type: "jsonb" } })],
    /entity Thing\.data: columns of type jsonb cannot be compared; name it in `ignore`/,
  ],
  [
    "a generated column",
    [schema({ full: { type: String, asExpression: "id || 'x'", generatedType: "STORED" } })],
    /entity Thing\.full: a generated column/,
  ],
  [
    "a column that the database changes",
    [schema({ touched: { type: "datetime", onUpdate: "CURRENT_TIMESTAMP" } })],
    /entity Thing\.touched: the database gives it another value with every update/,
  ],
  [
    "a transformed key",
    [
      new EntitySchema<Record<string, unknown>>({
        name: "Thing",
        columns: { id: { ...id, transformer: { to: String, from: String } }, version },
      }),
    ],
    /entity Thing\.id: a key must be/,
  ],
  [
    "a relation whose foreign key is no property",
    [schema({}, { relations: { author: { type: "many-to-one", target: "Author" } } }), author],
    /entity Thing\.author: its foreign key has no property of its own: add `@Column\(\) authorId`/,
  ],
  [
    "children that may live alone",
    [owner, childOf({}, { nullable: true })],
    /entity Thing\.children: a child may live without its owner/,
  ],
  [
    "children with a version",
    [owner, childOf({ version })],
    /entity Child\.version: a child has no version of its own/,
  ],
  [
    "children with two keys",
    [owner, childOf({ second: { type: String, primary: true } })],
    /entity Child: children need one key column/,
  ],
  [
    "a property that assignments do not make",
    [schema({ ["__proto__"]: { type: String, name: "proto" } })],
    /entity Thing\.__proto__: no property can be named __proto__: give it another name/,
  ],
  [
    "such a property of a child",
    [owner, childOf({ ["__proto__"]: { type: String } })],
    /entity Child\.__proto__: no property can be named __proto__/,
  ],
  ["a reserved name", [schema({ then: { type: String } })], /then is a reserved name/],
])("refused: %s", async (_, entities, message) => {
  const dataSource = await open(...entities);
  expect(() => distinct(dataSource, "Thing")).toThrow(
    expect.objectContaining({
      code: "INVALID_RECORD_TYPE",
      message: expect.stringMatching(message) as string,
    }) as Error,
  );
});

test("what is ignored is neither refused nor touched", async () => {
  const dataSource = await open(
    schema(
      { data: { type: "jsonb", nullable: true } },
      { relations: { author: { type: "many-to-one", target: "Author" } } },
    ),
    author,
  );
  await dataSource.synchronize();
  await dataSource.getRepository("Author").insert({ id: "a" });
  await dataSource.getRepository("Thing").save({ id: "x", author: { id: "a" } });
  const things = distinct<Record<string, unknown>>(dataSource, "Thing", { ignore: ["data", "author"] });
  const thing = await things.get("x");
  expect({ ...thing }).toEqual({ id: "x", version: 1 });
});

test("a relation that is not written is refused where it is set; its foreign key is written", async () => {
  const relation = { type: "many-to-one", target: "Author", joinColumn: { name: "authorId" } } as const;
  const dataSource = await open(
    schema({ authorId: { type: String, nullable: true } }, { relations: { author: relation } }),
    author,
  );
  await dataSource.synchronize();
  await dataSource.getRepository("Author").insert({ id: "a" });
  const things = distinct<Record<string, unknown>>(dataSource, "Thing");
  const thing = things.create({ id: "x" });
  await things.add(thing);
  thing.author = { id: "a" };
  await expect(things.save(thing)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: "author" }] });
  thing.author = undefined;
  thing.authorId = "a";
  await things.save(thing);
  const [stored] = await dataSource.getRepository("Thing").find({ relations: { author: true } });
  expect(stored).toMatchObject({ author: { id: "a" } });
});

test("misspelt policies, and sums of what is no number", async () => {
  const dataSource = await open(schema({ name: { type: String } }));
  expect(() => distinct(dataSource, "Thing", { policies: { nmae: "mine" } })).toThrow(/nmae/);
  expect(() => distinct(dataSource, "Thing", { policies: { name: "sum" } })).toThrow(
    /record type Thing: the policy sum of name would never merge: sum combines integers/,
  );
});

onSqlBackends((place, backend) => {
  test("without a version column, the error holds the migration, and the migration mends it", async () => {
    const dataSource = await openDataSource(place().url, { synchronize: true, dropSchema: true });
    let statement = "";
    try {
      distinct(dataSource, Unversioned);
    } catch (error) {
      expect(error).toMatchObject({ code: "UNVERSIONED_TABLE" });
      statement = /`(ALTER TABLE .*)`$/.exec((error as Error).message)![1]!;
      const [quote, type] = backend === "SQLite" ? ['"', "integer"] : ["`", "int"];
      const name = (word: string): string => quote + word + quote;
      expect(statement).toBe(
        `ALTER TABLE ${name("unversioned")} ADD COLUMN ${name("version")} ${type} NOT NULL DEFAULT 1`,
      );
    }
    await dataSource.getRepository(Unversioned).insert({ id: 7 });
    await dataSource.query(statement);
    await dataSource.destroy();
    const mended = new EntitySchema<{ id: number; version: number }>({
      name: "Unversioned",
      columns: { id: { type: Number, primary: true }, version: { type: Number, version: true, default: 1 } },
    });
    const entities = [...ENTITIES.filter((entity) => entity !== Unversioned), mended];
    const again = await openDataSource(place().url, { entities });
    expect({ ...(await distinct(again, mended).get(7)) }).toEqual({ id: 7, version: 1 });
    await again.destroy();
  });

  test("a data source that is not open", async () => {
    const dataSource = await openDataSource(place().url);
    await dataSource.destroy();
    expect(() => distinct(dataSource, Photo)).toThrow(
      expect.objectContaining({ code: "DATABASE_UNAVAILABLE" }) as Error,
    );
  });
});
