import { randomUUID } from "node:crypto";
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { recordType } from "../../domain/distinction/types/record-type.js";
import { entries } from "../../domain/distinction/types/collection-type.js";
import { json } from "../../domain/distinction/types/json-type.js";
import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import { text } from "../../domain/distinction/types/text-types.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { recordTable } from "../../infrastructure/persistence/records/record-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { environment, onServer } from "./backends.js";

/** Columns of record and entries share their names, so that one that is not told apart is refused by the server. */
const boxType = recordType({
  name: "box",
  key: "id",
  attributes: { id: text(36), state: text(20), value: text(100), settings: json<JsonValue>() },
  collections: { items: entries(text(100), { state: text(20), value: text(100), settings: json<JsonValue>() }) },
});
const boxTable = recordTable(boxType, { name: "boxes", entries: { items: { name: "items", keyColumn: "id" } } });
const item = { state: "new", value: "v", settings: { a: 1 } };
const LONG = "long ".repeat(50);

describe("a record and its one changed entry in one statement", () => {
  onServer((place) => {
    const sent: string[] = [];
    let database: Database;
    let boxes: DistinctRepository<typeof boxType>;
    let other: Connection;
    let id: string;
    beforeAll(async () => {
      database = openTestDatabase(place().url, { onStatement: ({ sql }) => void sent.push(sql) });
      await createTestTables(database, boxTable);
      boxes = new DistinctRepository(boxType, new SqlRecordStore(database, boxTable), environment);
      other = await createConnection({ uri: place().url });
    });
    afterAll(async () => {
      await other.end();
      await database.close();
    });
    beforeEach(async () => {
      id = randomUUID();
      const settings = { a: 1, text: LONG };
      await boxes.add(
        boxes.create({ id, state: "s", value: "v", settings, items: ["i", "j"].map((key) => [key, item]) }),
      );
      sent.length = 0;
    });

    async function stored(): Promise<{ version: number; items: unknown[] }> {
      const [[box]] = await other.query<RowDataPacket[]>("SELECT version FROM boxes WHERE id = ?", [id]);
      const sql = "SELECT id, state, value FROM items WHERE box_id = ? ORDER BY id";
      const [items] = await other.query<RowDataPacket[]>(sql, [id]);
      return { version: Number(box!["version"]), items: items.map((row) => Object.values(row).join(" ")) };
    }

    test("with fields, attributes, members of JSON and guards of both", async () => {
      const box = await boxes.get(id);
      box.value = "other";
      box.settings = { a: 2, text: LONG };
      box.items.set("i", { ...item, value: "changed" });
      sent.length = 0;
      await boxes.save(box, { expect: ["state"] });
      expect(sent).toEqual([
        expect.stringMatching(/^UPDATE .boxes. AS r STRAIGHT_JOIN .items. AS e ON .* SET e\..value. = \?, r\./),
      ]);
      expect(await boxes.get(id)).toMatchObject({ value: "other", settings: { a: 2, text: LONG } });
      expect(await stored()).toEqual({ version: 2, items: ["i new changed", "j new v"] });
    });

    test("writes neither where the version is another one", async () => {
      const stale = await boxes.get(id);
      await boxes.update(id, (box) => void (box.value = "theirs"));
      stale.items.set("i", { ...item, value: "mine" });
      await expect(boxes.save(stale, { mode: "strict" })).rejects.toMatchObject({ code: "CONFLICT" });
      expect(await stored()).toEqual({ version: 2, items: ["i new v", "j new v"] });
      await boxes.save(stale);
      expect(await stored()).toEqual({ version: 3, items: ["i new mine", "j new v"] });
      expect((await boxes.get(id)).value).toBe("theirs");
    });

    test("writes neither where the entry is refused", async () => {
      const box = await boxes.get(id);
      await other.query("ALTER TABLE items ADD CONSTRAINT short CHECK (LENGTH(value) < 10)");
      box.value = "other";
      box.items.set("i", { ...item, value: "longer than ten" });
      await expect(boxes.save(box)).rejects.toThrow();
      await other.query("ALTER TABLE items DROP CONSTRAINT short");
      expect(await stored()).toEqual({ version: 1, items: ["i new v", "j new v"] });
      expect((await boxes.get(id)).value).toBe("v");
    });

    test("puts an entry again that somebody took away past the version", async () => {
      const box = await boxes.get(id);
      await other.query("DELETE FROM items WHERE box_id = ? AND id = 'i'", [id]);
      box.items.set("i", { ...item, value: "mine" });
      await boxes.save(box);
      expect(await stored()).toEqual({ version: 2, items: ["i new mine", "j new v"] });
    });

    test("takes the record's lock first, as transactions do: writers of both ways do not deadlock", async () => {
      const box = await boxes.get(id);
      box.items.set("i", { ...item, value: "mine" });
      await other.beginTransaction();
      await other.query("SELECT * FROM items WHERE box_id = ? AND id = 'i' FOR UPDATE", [id]);
      const saved = boxes.save(box);
      const look = await createConnection({ uri: place().url });
      const locked = async (): Promise<boolean> => {
        const taken = look.query("SELECT id FROM boxes WHERE id = ? FOR UPDATE NOWAIT", [id]);
        return taken.then(
          () => false,
          () => true,
        );
      };
      await expect.poll(locked, { interval: 5 }).toBe(true);
      await look.end();
      await other.rollback();
      await saved;
      expect(await stored()).toEqual({ version: 2, items: ["i new mine", "j new v"] });
    });

    test("loses none of the updates of many writers, of one entry and of others", async () => {
      await Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          const own = openTestDatabase(place().url);
          const theirs = new DistinctRepository(boxType, new SqlRecordStore(own, boxTable), environment);
          for (let round = 0; round < 10; round++) {
            await theirs.update(id, (box) => {
              const shared = box.items.get("i")!;
              box.items.set("i", { ...shared, value: String(Number(shared.value.replace("v", "0")) + 1) });
              if (round % 2 === writer % 2) box.items.set(`new ${writer} ${round}`, item); // in a transaction
            });
          }
          await own.close();
        }),
      );
      const { version, items } = await stored();
      expect(version).toBe(81);
      expect(items).toHaveLength(2 + 40);
      expect(items[0]).toBe("i new 80");
    });
  });
});
