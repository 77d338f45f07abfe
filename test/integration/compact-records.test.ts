import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { EntitySchema, type EntitySchemaOptions, type EntityTarget } from "typeorm";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { integer } from "../../domain/distinction/types/number-types.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { text } from "../../domain/distinction/types/text-types.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { distinct } from "../../src/composition/distinct.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onSqlBackends } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

/** Whether V8 keeps an object as a row of values. As a hash table it takes about three times the memory. */
setFlagsFromString("--allow-natives-syntax");
const isCompact = runInNewContext("(object) => %HasFastProperties(object)") as (object: object) => boolean;

describe("records that are loaded, and the states that they rest on, are compact", () => {
  onSqlBackends((place) => {
    test.each([4, 16, 17, 19, 20, 22, 23, 40, 64, 100])("with %i attributes", async (width) => {
      const columns = Array.from({ length: width - 1 }, (_, index) => `w${width}c${index}`);
      const attributes = { id: text(36), ...Object.fromEntries(columns.map((name) => [name, integer(0)])) };
      const type = recordType({ name: `width ${width}`, key: "id", attributes });
      const table = recordTable(type, { name: `width_${width}` });
      const database = openTestDatabase(place().url);
      try {
        await createTestTables(database, table);
        const insert = `INSERT INTO width_${width} VALUES ('a', ${"7, ".repeat(width - 1)}1)`;
        await database.session((session) => session.run({ sql: insert, parameters: [] }));
        const store = new SqlRecordStore(database, table);
        const records = new DistinctRepository(type, store, environment);
        for (let load = 0; load < 3; load++) {
          expect(isCompact(await records.get("a"))).toBe(true);
          const [state] = await store.load([["a"]]);
          expect(isCompact(state!.attributes)).toBe(true);
        }
      } finally {
        await database.close();
      }
    });
  });
});

describe("entities that are loaded are compact", () => {
  onSqlBackends((place) => {
    test.each([4, 16, 17, 19, 20, 22, 23, 40, 64, 100])("with %i columns", async (width) => {
      const names = Array.from({ length: width - 3 }, (_, index) => `w${width}c${index}`);
      const columns = Object.fromEntries(names.map((name) => [name, { type: "int", default: 7 } as const]));
      const inner = new EntitySchema({ name: `Inner${width}`, columns: { deep: { type: "int", default: 7 } } });
      const Wide = class {};
      const schema = new EntitySchema({
        name: `Wide${width}`,
        tableName: `wide_entity_${width}`,
        ...(width % 2 === 0 && { target: Wide }), // instances of a class, and plain objects
        columns: {
          id: { type: "varchar", length: 36, primary: true },
          ...columns,
          version: { type: "int", version: true },
        },
        embeddeds: { inner: { schema: inner } },
      } as EntitySchemaOptions<{ id: string }>);
      const entity: EntityTarget<{ id: string }> = width % 2 === 0 ? Wide : schema;
      const dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
      try {
        await dataSource.getRepository(entity).insert({ id: "a" });
        const wides = distinct(dataSource, entity);
        for (let load = 0; load < 3; load++) {
          const wide = await wides.get("a");
          expect(wide).toMatchObject({ id: "a", inner: { deep: 7 } });
          expect(isCompact(wide)).toBe(true);
        }
      } finally {
        await dataSource.destroy();
      }
    });
  });
});

describe("an entity whose objects refuse odd values by themselves is loaded all the same", () => {
  class Guarded {
    declare title: string;
    declare id: string;
  }
  const required = (title: unknown): string => {
    if (typeof title === "string" && title !== "") return title;
    throw new TypeError("a title is needed");
  };
  class WithSetter extends Guarded {
    constructor() {
      super();
      let kept = "";
      Object.defineProperty(this, "title", {
        enumerable: true,
        get: () => kept,
        set: (title: unknown) => void (kept = required(title)),
      });
    }
  }
  class WithProxy extends Guarded {
    constructor() {
      super();
      return new Proxy(this, {
        set: (object, name, value) => Reflect.set(object, name, name === "title" ? required(value) : value),
      });
    }
  }
  onSqlBackends((place) => {
    test.each([WithSetter, WithProxy])("$name", async (target) => {
      const schema = new EntitySchema<Guarded>({
        name: target.name,
        target,
        columns: {
          id: { type: "varchar", length: 36, primary: true },
          title: { type: "varchar", length: 40 },
          version: { type: "int", version: true },
        } as EntitySchemaOptions<Guarded>["columns"],
      });
      const dataSource = await openDataSource(place().url, { entities: [schema], synchronize: true });
      try {
        await dataSource.query(`INSERT INTO ${dataSource.getMetadata(target).tableName} VALUES ('a', 'one', 1)`);
        const guarded = distinct(dataSource, target as new () => Guarded);
        const record = await guarded.get("a");
        expect(record.title).toBe("one");
        record.title = "two";
        await guarded.save(record);
        expect(await guarded.get("a")).toMatchObject({ id: "a", title: "two", version: 2 });
      } finally {
        await dataSource.destroy();
      }
    });
  });
});
