import { randomUUID } from "node:crypto";
import fc from "../support/fast-check.js";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { apply } from "../../domain/distinction/diff/apply.js";
import type { Change } from "../../domain/distinction/diff/change.js";
import { changeSet } from "../../domain/distinction/diff/change-set.js";
import { diff } from "../../domain/distinction/diff/diff.js";
import { JsonText } from "../../domain/distinction/json/json-text.js";
import type { JsonValue } from "../../domain/distinction/json/json-value.js";
import { newState } from "../../domain/distinction/record/new-record.js";
import type { RecordState } from "../../domain/distinction/record/record-state.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { insertRecord } from "../../infrastructure/persistence/records/record-statements.js";
import { updateByChanges } from "../../infrastructure/persistence/records/record-update.js";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import type { TableLayout } from "../../infrastructure/persistence/records/table-layout.js";
import { hostileText, jsonNear, jsonObject, objectOf } from "../support/arbitraries.js";
import { articleTable, articleType } from "../support/article.js";
import { createTestTables, openTestDatabase } from "../support/open-store.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";

const NAMES = [
  "",
  " ",
  ".",
  '"',
  "\\",
  '\\"',
  "$",
  "*",
  "**",
  "[0]",
  "-1",
  "last",
  "'",
  "?",
  "\n",
  "\u0001",
  "\u2028",
  "\0",
  "a",
  "a\0",
  "a\0b",
];
const PADDING = { padding: "x".repeat(1000) };

for (const [backend, create] of [
  ["SQLite", createSqliteFile],
  [inject("serverName"), createServerDatabase],
] as const) {
  describe(`JSON members written by path: ${backend}`, () => {
    let place: TestDatabase;
    let database: Database;
    let layout: TableLayout;
    let store: SqlRecordStore;
    const sent: StatementEvent[] = [];

    beforeAll(async () => {
      place = await create();
      database = openTestDatabase(place.url, { schema: "unmanaged", onStatement: (one) => void sent.push(one) });
      await createTestTables(database, articleTable);
      layout = await database.layout(articleTable);
      store = new SqlRecordStore(database, articleTable);
    });
    afterAll(async () => {
      await database.close();
      await place.drop();
    });

    const stored = async (metadata: unknown): Promise<RecordState> => {
      const id = randomUUID();
      await store.insert(newState(articleType, { id, metadata }));
      return (await store.load([[id]]))[0]!;
    };
    const now = async ({ attributes }: RecordState): Promise<JsonValue> =>
      ((await store.load([[attributes.id as string]]))[0]!.attributes.metadata as JsonText).parse();
    const changesTo = (state: RecordState, metadata: JsonValue): Change[] =>
      diff(articleType, state, {
        ...state,
        attributes: { ...state.attributes, metadata: new JsonText(JSON.stringify(metadata)) },
      });
    const save = (state: RecordState, changes: readonly Change[]) =>
      store.apply(state, changeSet("article", [state.attributes.id as string], state.version, changes));

    test("a member in a long document goes by path, prepared; a short document goes as a whole", async () => {
      const long = await stored({ a: { b: 1 }, ...PADDING });
      sent.length = 0;
      await save(long, changesTo(long, { a: { b: 2 }, ...PADDING }));
      expect(sent).toHaveLength(1);
      expect(sent[0]).toMatchObject({ sql: expect.stringMatching(/JSON_SET/) as string, prepared: true });
      expect(sent[0]!.parameters).not.toContainEqual(expect.stringContaining("xxx"));
      expect(sent[0]!.sql).not.toContain('"b"');
      expect(await now(long)).toEqual({ a: { b: 2 }, ...PADDING });

      const short = await stored({ a: { b: 1 } });
      sent.length = 0;
      await save(short, changesTo(short, { a: { b: 2 } }));
      expect(sent[0]!.sql).not.toMatch(/JSON_SET/);
    });

    test("several members are one statement that is not kept prepared; many are the whole column", async () => {
      const state = await stored({ a: 1, b: 2, c: 3, ...PADDING });
      sent.length = 0;
      await save(state, changesTo(state, { a: 2, b: null, d: { e: [1] }, ...PADDING }));
      expect(sent[0]).toMatchObject({
        sql: expect.stringMatching(/JSON_REMOVE\((JSON_REMOVE\()*JSON_SET/) as string,
        prepared: false,
      });
      expect(await now(state)).toEqual({ a: 2, b: null, d: { e: [1] }, ...PADDING });
      const many = await stored({ ...PADDING });
      sent.length = 0;
      await save(
        many,
        changesTo(many, { ...PADDING, ...Object.fromEntries([..."abcdefghij"].map((name) => [name, 1])) }),
      );
      expect(sent[0]!.sql).not.toMatch(/JSON_SET/);
    });

    test("a parent that is no object, a NULL column and a stale version write nothing by path", async () => {
      const state = await stored({ a: [1], ...PADDING });
      const inside: Change = { kind: "json.set", attribute: "metadata", path: ["a", "b"], from: undefined, to: 1 };
      expect(updateByChanges(layout, withJson(state, '{"a":{}}'), [inside], { economical: false }).sql).toMatch(
        /JSON_SET/,
      );
      for (const text of ['{"a":1}', '{"a":null}', "{}", "[]", "1"]) {
        expect(() => updateByChanges(layout, withJson(state, text), [inside], { economical: false }).sql).toThrow();
      }
      const late = changesTo(state, { a: [2], ...PADDING });
      await save(state, late);
      expect(await save(state, changesTo(state, { a: [3], ...PADDING }))).toMatchObject({ kind: "stale" });
      expect(await now(state)).toEqual({ a: [2], ...PADDING });
    });

    test("text of another writer that names a member twice, or with escapes, is written as a whole", async () => {
      for (const text of ['{"a":1,"a":2}', '{"\\u0061":1}', '{ "a" : 1 }']) {
        const state = newState(articleType, { id: randomUUID() });
        const foreign = withJson(state, text);
        await database.session((session) => session.run(insertRecord(layout, foreign)));
        const [loaded] = await store.load([[state.attributes.id as string]]);
        const changes = changesTo(loaded!, { a: 3 });
        const update = updateByChanges(layout, loaded!, changes, { economical: false });
        await database.session((session) => session.run(update));
        expect(await now(state)).toEqual({ a: 3 });
        const [again] = await store.load([[state.attributes.id as string]]);
        const removal = updateByChanges(layout, again!, changesTo(again!, {}), { economical: false });
        await database.session((session) => session.run(removal));
        expect(await now(state)).toEqual({});
      }
    });

    const name = fc
      .oneof(hostileText, fc.constantFrom(...NAMES), fc.string({ unit: "binary", maxLength: 4 }))
      .filter((text) => text.isWellFormed());
    const document = fc.oneof(
      jsonObject,
      fc
        .tuple(jsonObject, fc.array(fc.tuple(name, jsonObject), { maxLength: 3 }))
        .map(([some, more]) => objectOf([...Object.entries(some as object), ...more] as [string, JsonValue][])),
    );
    const edit = document.chain((before) =>
      fc.tuple(
        fc.constant(before),
        fc
          .tuple(jsonNear(before), fc.array(fc.tuple(name, jsonObject), { maxLength: 2 }))
          .map(([near, more]) => (isObject(near) ? objectOf([...Object.entries(near), ...more]) : near)),
      ),
    );

    test(
      "gives the document that the whole column would give, hostile names included",
      { timeout: 120_000 },
      async () => {
        let byPath = 0;
        await fc.assert(
          fc.asyncProperty(edit, async ([before, after]) => {
            const state = await stored(before);
            const changes = changesTo(state, after);
            const update = updateByChanges(layout, state, changes, { economical: false });
            if (changes.length > 0 && /JSON_SET|JSON_REMOVE/.test(update.sql)) byPath++;
            expect(await database.session((session) => session.run(update))).toBe(1);
            const expected = apply(state, changes).attributes.metadata as JsonText;
            expect(canonical(await now(state))).toEqual(canonical(expected.parse()));
            expect(canonical(await now(state))).toEqual(canonical(after));
          }),
          { numRuns: 300 },
        );
        expect(byPath).toBeGreaterThan(60);
      },
    );
  });
}

function isObject(value: JsonValue): value is { [name: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withJson(state: RecordState, text: string): RecordState {
  return { ...state, attributes: { ...state.attributes, metadata: new JsonText(text) } };
}

/** Equal for equal values: `toEqual` passes over a member named `__proto__`. */
function canonical(value: JsonValue): string {
  const ordered = (one: JsonValue): unknown =>
    Array.isArray(one)
      ? one.map(ordered)
      : isObject(one)
        ? Object.keys(one)
            .sort()
            .map((name) => [name, ordered(one[name]!)])
        : one;
  return JSON.stringify(ordered(value));
}
