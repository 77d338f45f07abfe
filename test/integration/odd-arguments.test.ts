import "reflect-metadata";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DataSource } from "typeorm";
import * as surface from "../../src/index.js";
import { MemoryHistory } from "../../infrastructure/memory/memory-history.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import { MemoryUnitOfWork } from "../../infrastructure/memory/memory-unit-of-work.js";
import { sqliteDialect } from "../../infrastructure/persistence/connection/sqlite-dialect.js";
import { environment } from "../support/images.js";
import { photoType, type Photo } from "../support/photo.js";
import { CameraSchema, openDataSource, type Camera } from "./entity-fixtures.js";

/** What callers without static types may give in place of any argument. */
const ODD: readonly unknown[] = [
  undefined,
  null,
  0,
  -1.5,
  NaN,
  7n,
  true,
  "",
  "x",
  Symbol("s"),
  [],
  [null],
  ["x", 5],
  [[]],
  {},
  { foo: 1 },
  { type: null, name: null },
  Object.create(null),
  new Map([["a", 1]]),
  new Date(NaN),
  () => undefined,
];

type Call = readonly [name: string, work: (...given: never[]) => unknown, given: () => readonly unknown[]];

const { text, recordType } = surface;
const spots = recordType({ name: "spot", key: "id", attributes: { id: text(9) } });
const spotTable = surface.recordTable(spots, { name: "spots" });
const changes = surface.changeSetFromJson('{"record":"spot","id":["1"],"base":1,"changes":[]}');
const url = "sqlite::memory:";
const database = surface.openDatabase(url, environment);
const history = new MemoryHistory(environment);
const photos = new surface.DistinctRepository(photoType, new MemoryRecordStore(photoType, history), environment);
let dataSource: DataSource;
let photo: Photo;
let camera: Camera;
let cameras: surface.EntityRepository<Camera>;

const make =
  (constructor: unknown) =>
  (...given: never[]): unknown =>
    new (constructor as new (...given: never[]) => unknown)(...given);
const attributeTypes: readonly Call[] = [
  ["text", text, () => [5]],
  ["integer", surface.integer, () => [0, 5]],
  ["bigint", surface.bigint, () => []],
  ["decimal", surface.decimal, () => [5, 2]],
  ["boolean", surface.boolean, () => []],
  ["instant", surface.instant, () => [3]],
  ["binary", surface.binary, () => [5]],
  ["json", surface.json, () => []],
  ["oneOf", surface.oneOf, () => ["a", "b"]],
  ["nullable", surface.nullable, () => [text(5)]],
  ["withInitial", surface.withInitial, () => [text(5), "a"]],
  ["constrained", surface.constrained, () => [text(5), () => undefined]],
  ["fixed", surface.fixed, () => [text(5)]],
  ["secret", surface.secret, () => [text(5)]],
  ["entries", surface.entries, () => [text(5), text(5)]],
  ["listOf", surface.listOf, () => [text(5), { url: text(5) }]],
  ["setOf", surface.setOf, () => [text(5)]],
  ["recordType", recordType, () => [{ name: "a", key: "id", attributes: { id: text(5) } }]],
  ["recordTable", surface.recordTable, () => [spots, { name: "spots" }]],
  ["createTables", surface.createTables, () => [spotTable, sqliteDialect]],
];
const functions: readonly Call[] = [
  ["orderedEntries", surface.orderedEntries, () => [[["a", 1]]]],
  ["changePath", surface.changePath, () => [{ kind: "attribute.set", attribute: "a", from: 1, to: 2 }]],
  ["describeChangeSet", surface.describeChangeSet, () => [changes]],
  ["changeSetToJson", surface.changeSetToJson, () => [spots, changes]],
  ["changeSetFromJson", surface.changeSetFromJson, () => [surface.changeSetToJson(spots, changes)]],
  ["whoChanged", surface.whoChanged, () => [[], "title"]],
];
const classes: readonly Call[] = [
  ["DistinctRepository", make(surface.DistinctRepository), () => [spots, new MemoryRecordStore(spots), environment]],
  ["Database", make(surface.Database), () => ["here", () => Promise.reject(new Error()), environment]],
  ["SqlRecordStore", make(surface.SqlRecordStore), () => [database, spotTable]],
  ["HistoryRecordStore", make(surface.HistoryRecordStore), () => [database, spotTable, environment]],
  ["SqlHistory", make(surface.SqlHistory), () => [database]],
  ["SqlUnitOfWork", make(surface.SqlUnitOfWork), () => [database, environment]],
];
const composition: readonly Call[] = [
  ["openDatabase", surface.openDatabase, () => [url, environment]],
  ["openDistinction", surface.openDistinction, () => [{ database: url }]],
  ["distinctionModule", surface.distinctionModule, () => [{ database: url }]],
  ["distinct", surface.distinct, () => [dataSource, CameraSchema, {}]],
  ["unitOfWork", surface.unitOfWork, () => [dataSource, {}]],
  ["historyIn", surface.historyIn, () => [dataSource, {}]],
  ["joinTransaction", surface.joinTransaction, () => [dataSource.manager, {}]],
];
type AnyRepository = surface.DistinctRepository<surface.RecordType>;

/** Every method of a repository; `record` is stored, under the id `p1`. */
function methodsOf(label: string, of: () => AnyRepository, record: () => never): readonly Call[] {
  const bound = (name: keyof AnyRepository, given: () => readonly unknown[]): Call => {
    return [`${label}: ${name}`, (...args) => Reflect.apply(of()[name] as () => unknown, of(), args) as unknown, given];
  };
  return [
    bound("get", () => ["p1", {}]),
    bound("find", () => ["p1", {}]),
    bound("getMany", () => [["p1"], {}]),
    bound("list", () => [{ limit: 1 }]),
    bound("create", () => [{ id: "p2" }]),
    bound("add", () => [record(), {}]),
    bound("addAll", () => [[record()], {}]),
    bound("changes", () => [record()]),
    bound("explain", () => [record(), {}]),
    bound("versionOf", () => [record()]),
    bound("save", () => [record(), {}]),
    bound("saveAll", () => [[record()], {}]),
    bound("trySave", () => [record(), {}]),
    bound("update", () => ["p1", () => undefined, {}]),
    bound("remove", () => [record(), {}]),
    bound("reload", () => [record()]),
    bound("inUnit", () => [{ store: () => new MemoryRecordStore(photoType), actor: undefined }]),
  ];
}

const records = methodsOf(
  "a repository",
  () => photos as never,
  () => photo as never,
);
const entities = methodsOf(
  "a repository of entities",
  () => cameras as never,
  () => camera as never,
);

const units = new MemoryUnitOfWork(environment);
const sqlUnits = new surface.SqlUnitOfWork(database, environment);
const sqlHistory = new surface.SqlHistory(database);
const others: readonly Call[] = [
  ["UnitOfWork.run", units.run.bind(units), () => [() => Promise.resolve(), {}]],
  ["UnitOfWork.run on SQL", sqlUnits.run.bind(sqlUnits), () => [() => Promise.resolve(), {}]],
  ["tx.repository", (given) => units.run(async (tx) => tx.repository(given)), () => [photos]],
  ["tx.repository on SQL", (given) => sqlUnits.run(async (tx) => tx.repository(given)), () => [photos]],
  ["History.historyOf", history.historyOf.bind(history), () => [photoType, "p1"]],
  ["History.changesSince", history.changesSince.bind(history), () => [0, 5]],
  ["History.historyOf on SQL", sqlHistory.historyOf.bind(sqlHistory), () => [photoType, "p1"]],
  ["History.changesSince on SQL", sqlHistory.changesSince.bind(sqlHistory), () => [0, 5]],
  ["Database.session", database.session.bind(database), () => [() => Promise.resolve()]],
  ["Database.transaction", database.transaction.bind(database), () => [() => Promise.resolve()]],
  ["Database.layout", database.layout.bind(database), () => [spotTable]],
  ["an ordered list's move", (...given) => list().move(...(given as unknown as [string, number])), () => ["a", 0]],
  ["an ordered list's reorder", (given) => list().reorder(given), () => [["b", "a"]]],
];
const list = () => surface.orderedEntries([["a", 1] as const, ["b", 2] as const]);

/** Images are checked by `image-bad-input.test.ts`; the others take no arguments from callers. */
const ELSEWHERE =
  /image|member|location|patch|quotas|mayGet|moveTo|activate|canBecome|STATUS|READ_ONLY|TOKENS|MIGRATIONS|CODES|REFUSE|Error$|Warning$|Explanation|systemClock/i;

beforeAll(async () => {
  dataSource = await openDataSource(url, { synchronize: true });
  cameras = surface.distinct(dataSource, CameraSchema);
});
afterAll(async () => {
  await database.close();
  await dataSource.destroy();
});

async function added<T>(repository: { add(record: T): Promise<void> }, record: T): Promise<T> {
  await repository.add(record);
  return record;
}

const all = [...attributeTypes, ...functions, ...classes, ...composition, ...records, ...entities, ...others];

test("every function and class of the package is asked", () => {
  const asked = new Set(all.map(([name]) => name));
  expect(Object.keys(surface).filter((name) => !asked.has(name) && !ELSEWHERE.test(name))).toEqual([]);
});

describe("odd arguments end in an error of ours, or do no harm", () => {
  test.each(all)("%s", async (_, work, given) => {
    const wrong: unknown[] = [];
    for (let index = 0; index < given().length; index++) {
      for (const odd of ODD) {
        photo = (await photos.find("p1")) ?? (await added(photos, photos.create({ id: "p1" })));
        camera =
          (await cameras.find("p1")) ?? (await added(cameras, cameras.create({ id: "p1", model: "m", settings: {} })));
        const call = given().with(index, odd);
        try {
          await work(...(call as never[]));
        } catch (error) {
          if (!(error instanceof surface.DistinctionError)) wrong.push([index, odd, error]);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

test.each<readonly [name: string, odd: unknown]>([
  ["poolSize", 0],
  ["connectTimeout", NaN],
  ...[0, -5, NaN, "abc", 0.5, 2_147_483_001].map((odd) => ["idleTransactionTimeout", odd] as const),
])("openDatabase refuses %s: %s before it opens anything", (name, odd) => {
  const refused = {
    code: "INVALID_VALUE",
    faults: [{ path: "options", reason: expect.stringContaining(name) as string }],
  };
  expect(() => surface.openDatabase(url, { ...environment, [name]: odd })).toThrow(expect.objectContaining(refused));
});
