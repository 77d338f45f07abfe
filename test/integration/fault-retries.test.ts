import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DistinctionError } from "../../domain/distinction/errors.js";
import type { RecordStore } from "../../domain/distinction/record-store.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Connector } from "../../infrastructure/persistence/connection/connection.js";
import { Database } from "../../infrastructure/persistence/connection/database.js";
import { sqliteDialect } from "../../infrastructure/persistence/connection/sqlite-dialect.js";
import { FakeClock } from "../support/fake-clock.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment, imagesIn, onEveryBackend, onSqlBackends } from "./backends.js";
import { interposed, type Step } from "./interposed.js";
import { edit, expectEdited, expectUnchanged, failureOf, stored, STEPS } from "./faulty-save.js";

describe("a failure between the record's row and its entries", () => {
  onEveryBackend((clients) => {
    test("race 19: leaves nothing in the store, and the same object saves on a retry", async () => {
      const { a, databases, stores } = clients();
      const image = await stored(a);
      const broken: Breakage = databases[0] === undefined ? failingStore(stores[0]) : failingTable(databases[0]);
      const repository = new DistinctImageRepository(broken.store ?? stores[0], environment);
      const mine = await repository.get(image.id);
      edit(mine);
      await broken.begin();
      await expect(repository.save(mine)).rejects.toMatchObject({ code: "DATABASE_ERROR" });
      await broken.end();
      await expectUnchanged(a, image.id);
      expect(repository.versionOf(mine)).toBe(1);
      expect(await repository.save(mine)).toEqual({ version: 2, written: true, retries: 0 });
      await expectEdited(a, image.id);
    });
  });
});

describe("a transaction that the database gives up on", () => {
  onSqlBackends((place, backend) => {
    const reasons: readonly object[] =
      backend === "server"
        ? [{ errno: 1213 }, { errno: 1205 }, { errno: 1020 }, { errno: 3101 }, { driverError: { errno: 1213 } }]
        : [{ code: "SQLITE_BUSY" }, { code: "SQLITE_BUSY_SNAPSHOT" }, { code: "SQLITE_LOCKED" }];
    let database: Database;
    let images: DistinctImageRepository;
    beforeAll(() => {
      database = openTestDatabase(place().url);
      images = imagesIn(database);
    });
    afterAll(() => database.close());

    describe.each(STEPS)("at %s", (step) => {
      test.each(reasons)("for %o is run again as a whole, after a pause", async (reason) => {
        const clock = new FakeClock();
        const seen: Step[] = [];
        const failing = interposed(
          database,
          (one) => {
            seen.push(one);
            if (one === step && clock.slept.length < 2) throw Object.assign(new Error("no luck"), reason);
          },
          clock,
        );
        const { id } = await stored(images);
        const repository = imagesIn(failing);
        const image = await repository.get(id);
        seen.length = 0;
        edit(image);
        expect(await repository.save(image)).toEqual({ version: 2, written: true, retries: 0 });
        const upTo = STEPS.slice(0, STEPS.indexOf(step) + 1);
        expect(seen).toEqual([...upTo, ...upTo, ...STEPS]);
        expect(clock.slept).toHaveLength(2);
        await expectEdited(images, id);
      });
    });

    test("again and again fails in the end, with nothing written and the object as it was", async () => {
      let unlucky = true;
      const clock = new FakeClock();
      const failing = interposed(
        database,
        (step) => {
          if (step === "COMMIT" && unlucky) throw Object.assign(new Error("no luck"), reasons[0]);
        },
        clock,
      );
      const { id } = await stored(images);
      const repository = imagesIn(failing);
      const image = await repository.get(id);
      edit(image);
      await expect(repository.save(image)).rejects.toMatchObject({ code: "DATABASE_ERROR" });
      expect(clock.slept.length).toBeLessThan(100);
      await expectUnchanged(images, id);
      unlucky = false;
      await repository.save(image);
      await expectEdited(images, id);
    });

    test("a statement that is wrong is not tried again", async () => {
      const seen: Step[] = [];
      const failing = interposed(
        database,
        (step) => {
          seen.push(step);
          if (step === "INSERT") throw Object.assign(new Error("INSERT … 's3cret'"), { errno: 1064, code: "ER_PARSE" });
        },
        new FakeClock(),
      );
      const { id } = await stored(images);
      const repository = imagesIn(failing);
      const mine = await repository.get(id);
      seen.length = 0;
      edit(mine);
      const error = await failureOf(repository.save(mine));
      expect(error).toMatchObject({ code: "DATABASE_ERROR" });
      expect(inspect(error, { depth: null })).not.toContain("s3cret");
      expect(seen).toEqual(["BEGIN", "UPDATE", "DELETE", "INSERT"]);
      await expectUnchanged(images, id);
    });
  });
});

test("opening that the database gives up on is tried again", async () => {
  const clock = new FakeClock();
  const open = async (): Promise<Connector> => {
    if (clock.slept.length < 2) throw Object.assign(new Error("no luck"), { code: "SQLITE_BUSY" });
    const unused = (): Promise<never> => Promise.reject(new Error("unused"));
    return { dialect: sqliteDialect, withSession: unused, withConnection: unused, close: async () => {} };
  };
  const database = new Database("somewhere", open, { clock, random: Math.random });
  expect(await database.dialect()).toBe(sqliteDialect);
  expect(clock.slept).toHaveLength(2);
});

interface Breakage {
  readonly store?: RecordStore;
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** Takes the properties' table away: the record's row can be written, its entries cannot. */
function failingTable(database: Database): Breakage {
  const rename = async (from: string, to: string): Promise<void> => {
    await database.session((session) =>
      session.run({ sql: `ALTER TABLE ${from} RENAME TO ${to}`, parameters: [], varying: true }),
    );
  };
  return {
    begin: () => rename("image_properties", "image_properties_away"),
    end: () => rename("image_properties_away", "image_properties"),
  };
}

/** Memory has no statements; there a save fails as a whole. */
function failingStore(store: RecordStore): Breakage {
  let broken = false;
  return {
    store: {
      load: (ids, scope) => store.load(ids, scope),
      insert: (state) => store.insert(state),
      apply: async (base, changes, scope) => {
        if (broken) throw new DistinctionError("DATABASE_ERROR", "broken for now");
        return store.apply(base, changes, scope);
      },
      verify: (base, scope) => store.verify(base, scope),
      revise: (id, decide, scope) => store.revise(id, decide, scope),
      remove: (base) => store.remove(base),
      insertAll: (states) => store.insertAll(states),
      applyAll: (writes, decide) => store.applyAll(writes, decide),
      list: (query) => store.list(query),
    },
    begin: async () => void (broken = true),
    end: async () => void (broken = false),
  };
}
