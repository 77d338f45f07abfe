import { describe, expect, test } from "vitest";
import { nullable, secret } from "../../../domain/distinction/types/attribute-rules.js";
import { json } from "../../../domain/distinction/types/json-type.js";
import { text } from "../../../domain/distinction/types/text-types.js";
import { entries, listOf, setOf } from "../../../domain/distinction/types/collection-type.js";
import { InvalidMergeError } from "../../../domain/distinction/errors.js";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { recordType } from "../../../domain/distinction/types/record-type.js";
import { retrySettings } from "../../../domain/distinction/save/retry.js";
import { MemoryRecordStore } from "../../../infrastructure/memory/memory-record-store.js";
import { recordTable } from "../../../infrastructure/persistence/records/record-table.js";
import { FakeClock } from "../../support/fake-clock.js";
import { PhotoDesk } from "../../support/photo-desk.js";
import { photoType } from "../../support/photo.js";
import { SHOWS_SECRET, vaultType } from "../../support/vault.js";

const environment = { clock: new FakeClock(), random: () => 0, firstVersion: () => 1 };

describe("retry settings", () => {
  test.each([
    { updateAttempts: -1 },
    { optimisticAttempts: 0 },
    { unitAttempts: 2.5 },
    { updateAttempts: Infinity },
    { firstPause: NaN },
    { longestPause: -1 },
    { deadline: NaN },
    { deadline: "5" as unknown as number },
    { attempts: 3 },
  ])("%o are refused when a repository is made", (retry) => {
    const make = () => new DistinctRepository(photoType, new MemoryRecordStore(photoType), { ...environment, retry });
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_VALUE", faults: [{ path: Object.keys(retry)[0], reason: expect.any(String) as string }] })); // prettier-ignore
  });

  test("without faults are completed; undefined stands for the default", () => {
    expect(retrySettings({ deadline: Infinity, firstPause: 0, updateAttempts: undefined } as object)).toMatchObject({
      deadline: Infinity,
      firstPause: 0,
      updateAttempts: 50,
    });
  });

  test("a deadline of one save is checked, too", async () => {
    const { photos } = await PhotoDesk.with();
    const photo = await photos.get("p1");
    photo.title = "new";
    await expect(photos.save(photo, { deadline: NaN })).rejects.toMatchObject({ code: "INVALID_VALUE" });
  });
});

describe("a scope", () => {
  test("of a misspelt collection, or without keys, is refused by everything that takes one", async () => {
    const { photos } = await PhotoDesk.with();
    for (const scope of [{ propertys: ["a"] }, { properties: "a" as unknown as string[] }, { title: [] }]) {
      const refusal = { code: "INVALID_VALUE", faults: [{ path: `scope.${Object.keys(scope)[0]}` }] };
      await expect(photos.get("p1", scope)).rejects.toMatchObject(refusal);
      await expect(photos.getMany(["p1"], scope)).rejects.toMatchObject(refusal);
      await expect(photos.list({ scope })).rejects.toMatchObject(refusal);
      await expect(photos.update("p1", () => undefined, { scope })).rejects.toMatchObject(refusal);
    }
  });
});

describe("a record type", () => {
  test.each([
    ["JSON", json()],
    ["nullable", nullable(text(9))],
    ["secret", secret(text(9))],
  ])("is refused where its key is %s", (reason, id) => {
    expect(() => recordType({ name: "odd", key: "id", attributes: { id } })).toThrow(
      expect.objectContaining({ code: "INVALID_RECORD_TYPE", message: expect.stringContaining(reason) as string }),
    );
  });

  test("is refused where the keys of a list are secret", () => {
    const collections = { steps: listOf(secret(text(9)), text(9)) };
    expect(() => recordType({ name: "odd", key: "id", attributes: { id: text(9) }, collections })).toThrow(/steps/);
  });
});

describe("a table is refused where two things are one column:", () => {
  const attributes = { id: text(9) };
  const of = (more: object, collections = {}, tables = {}) => {
    const type = recordType({ name: "odd", key: "id", attributes: { ...attributes, ...more }, collections });
    return () => recordTable(type, { name: "odds", entries: tables });
  };
  const refusal = expect.objectContaining({ code: "INVALID_RECORD_TYPE" }) as Error;

  test("two attributes, an attribute and the version, a key and a field, a key and the owner", () => {
    expect(of({ fooBar: text(9), foo_bar: text(9) })).toThrow(refusal);
    expect(of({ Version: text(9) })).not.toThrow();
    expect(of({}, { notes: entries(text(9), { name: text(9) }) }, { notes: { name: "n", keyColumn: "name" } })).toThrow(
      refusal,
    );
    expect(of({}, { tags: setOf(text(9)) }, { tags: { name: "t", keyColumn: "odd_id" } })).toThrow(refusal);
    expect(of({}, { tags: setOf(text(9)) })).toThrow(refusal);
    expect(of({}, { tags: setOf(text(9)) }, { tags: { name: "t", keyColumn: "value" } })).not.toThrow();
  });
});

describe("update", () => {
  const limited = recordType({
    name: "pair",
    key: "id",
    attributes: { id: text(9), left: text(9), right: text(9) },
    validate: ({ left, right }) =>
      left.length + right.length > 4 || (left !== "" && left === right)
        ? [{ path: "left", reason: "does not fit" }]
        : [],
  });

  test("runs again where its edit and another writer's make an invalid record together", async () => {
    const store = new MemoryRecordStore(limited);
    const [mine, theirs] = [0, 1].map(() => new DistinctRepository(limited, store, environment)) as [never, never] as [
      DistinctRepository<typeof limited>,
      DistinctRepository<typeof limited>,
    ];
    await mine.add(mine.create({ id: "1", left: "", right: "" }));
    let runs = 0;
    await mine.update("1", async (pair) => {
      if (++runs === 1) await theirs.update("1", (other) => void (other.right = "rrr"));
      pair.left = "l".repeat(4 - pair.right.length);
    });
    expect(runs).toBe(2);
    expect(await mine.get("1")).toMatchObject({ left: "l", right: "rrr" });
  });

  test("does not run again where its edit is invalid by itself, nor for ever", async () => {
    const store = new MemoryRecordStore(limited);
    const mine = new DistinctRepository(limited, store, { ...environment, retry: { updateAttempts: 3 } });
    const theirs = new DistinctRepository(limited, store, environment);
    await mine.add(mine.create({ id: "1", left: "", right: "" }));
    let runs = 0;
    await expect(mine.update("1", (pair) => void (runs++, (pair.left = "lllll")))).rejects.toMatchObject({
      name: "InvalidValueError",
    });
    expect(runs).toBe(1);
    runs = 0;
    const stubborn = mine.update("1", async (pair) => {
      const same = `${++runs}`;
      await theirs.update("1", (other) => void (other.right = same));
      pair.left = same;
    });
    await expect(stubborn).rejects.toBeInstanceOf(InvalidMergeError);
    expect(runs).toBe(3);
  });
});

describe("secrets", () => {
  test("are in no fault, overlap or error, whichever part of the record holds them", async () => {
    const store = new MemoryRecordStore(vaultType);
    const [mine, theirs] = [0, 1].map(() => new DistinctRepository(vaultType, store, environment)) as [
      DistinctRepository<typeof vaultType>,
      DistinctRepository<typeof vaultType>,
    ];
    await mine.add(mine.create({ id: "1", keys: { SECRET: 1 }, codes: ["SECRET"] }));
    const errors: unknown[] = [];
    const failed = async (work: () => unknown) => {
      try {
        await work();
      } catch (error) {
        errors.push(error, (error as Error).message, JSON.stringify(error));
        return;
      }
      throw new Error("was not refused");
    };
    const vault = await mine.get("1");
    await theirs.update("1", (other) => {
      other.password = "their SECRET";
      other.pin = 77007700;
      other.keys = { SECRET: 3 };
      other.accounts.set("a", { user: "u", token: "their SECRET" });
    });
    vault.password = "my SECRET";
    vault.pin = 770077001;
    vault.keys = { SECRET: 2 };
    vault.accounts.set("a", { user: "u", token: "my SECRET" });
    await failed(() => mine.save(vault));
    await failed(() => mine.save(vault, { mode: "strict" }));
    await failed(() => mine.remove(vault));
    vault.codes.add(`SECRET${"\0"}`);
    vault.pin = 77007700.5;
    vault.balance = 77007700 as never;
    vault.price = "77007700.777";
    vault.keys = { SECRET: () => 1 } as never;
    vault.accounts.set("b", { user: "u", token: 77007700 as never });
    await failed(() => mine.save(vault));
    await failed(() => mine.create({ id: "2", codes: [`SECRET${"\0"}`], password: 77007700 as never }));
    const part = await mine.get("1", { codes: ["SECRET"] });
    await failed(() => part.codes.has("another SECRET"));
    expect(errors.length).toBe(18);
    expect(errors.filter((error) => typeof error === "string").join()).not.toMatch(SHOWS_SECRET);
  });
});
