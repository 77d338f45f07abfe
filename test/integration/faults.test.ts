import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import type { Clock } from "../../domain/distinction/clock.js";
import type { SaveResult } from "../../domain/distinction/save-options.js";
import { DistinctionError } from "../../domain/distinction/errors.js";
import type { RecordStore } from "../../domain/distinction/record-store.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import type { Connector } from "../../infrastructure/persistence/connection/connection.js";
import { Database } from "../../infrastructure/persistence/connection/database.js";
import type { OpenOptions } from "../../infrastructure/persistence/connection/open-database.js";
import { sqliteDialect } from "../../infrastructure/persistence/connection/sqlite-dialect.js";
import { startChild } from "../support/child.js";
import { FakeClock } from "../support/fake-clock.js";
import { openTestDatabase } from "../support/open-store.js";
import { databasePrefix } from "../support/server/run-databases.js";
import { driverUrl } from "../support/server/server-version.js";
import {
  closeAll,
  environment,
  imagesIn,
  newImage,
  onEveryBackend,
  onServer,
  onSqlBackends,
  onSqlite,
} from "./backends.js";
import { interposed, type Step } from "./interposed.js";

/** What a save of `edit` sends, in order. */
const STEPS: readonly Step[] = ["BEGIN", "UPDATE", "DELETE", "INSERT", "COMMIT"];

describe("a failure between the record's row and its entries", () => {
  onEveryBackend((clients) => {
    test("leaves nothing in the store, and the same object saves on a retry", async () => {
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
        ? [{ errno: 1213 }, { errno: 1205 }, { errno: 1020 }, { driverError: { errno: 1213 } }]
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

describe("locks on a server", () => {
  onServer((place) => {
    let rival: Connection;
    beforeAll(async () => {
      rival = await createConnection({ uri: driverUrl(place().url) });
    });
    afterAll(() => rival.end());

    test("a deadlock with another client is resolved by running the save again, and both changes stand", async () => {
      const { images, connectionId } = await onOneConnection(place().url);
      const [image, ballast] = [await stored(images), await stored(images)];
      edit(image);
      await rival.beginTransaction();
      // The server gives up on the transaction that has done less: let it not be this one.
      for (let row = 0; row < 50; row++) {
        await rival.query("INSERT INTO image_tags VALUES (?, ?)", [ballast.id, `ballast ${row}`]);
      }
      await rival.query("SELECT 1 FROM image_properties WHERE image_id = ? AND name = 'changed' FOR UPDATE", [
        image.id,
      ]);
      const saving = images.save(image);
      await untilInserting(rival, connectionId);
      await rival.query("UPDATE images SET name = 'theirs', version = version + 1 WHERE id = ?", [image.id]);
      await rival.commit();
      expect(await saving).toEqual({ version: 3, written: true, retries: 1 });
      const now = await images.get(image.id);
      expect([now.name, now.properties.get("changed")]).toEqual(["theirs", "new"]);
    });

    test("a lock timeout is waited out: the save runs again and takes nothing of the first attempt along", async () => {
      const pauses: number[] = [];
      const clock: Clock = {
        ...systemClock,
        sleep: async (milliseconds) => {
          pauses.push(milliseconds);
          await rival.rollback();
        },
      };
      const { images, database } = await onOneConnection(place().url, { clock });
      const image = await stored(images);
      await database.session((session) =>
        session.run({ sql: "SET SESSION innodb_lock_wait_timeout = 1", parameters: [] }),
      );
      edit(image);
      await rival.beginTransaction();
      await rival.query("SELECT 1 FROM image_properties WHERE image_id = ? AND name = 'changed' FOR UPDATE", [
        image.id,
      ]);
      expect(await images.save(image)).toEqual({ version: 2, written: true, retries: 0 });
      expect(pauses).toHaveLength(1);
      await expectEdited(images, image.id);
    });

    test("a save killed while it waits for a lock fails as a whole, and saves over a fresh connection", async () => {
      const { images, connectionId } = await onOneConnection(place().url);
      const image = await stored(images);
      edit(image);
      await rival.beginTransaction();
      await rival.query("SELECT 1 FROM image_properties WHERE image_id = ? AND name = 'changed' FOR UPDATE", [
        image.id,
      ]);
      const saving = failureOf(images.save(image));
      await untilInserting(rival, connectionId);
      await rival.query(`KILL ${connectionId}`);
      expect(await saving).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      await rival.rollback();
      await expectUnchanged(images, image.id);
      expect(await images.save(image)).toMatchObject({ version: 2, written: true });
      await expectEdited(images, image.id);
    });
  });
});

describe("a connection that breaks", () => {
  onSqlBackends((place) => {
    test("after COMMIT, before the answer: saving again finds its changes stored, and writes nothing twice", async () => {
      let broken = false;
      const breaking = interposed(
        openTestDatabase(place().url),
        async (step, session) => {
          if (step !== "COMMIT" || broken) return;
          broken = true;
          await session.run({ sql: "COMMIT", parameters: [], varying: true });
          throw Object.assign(new Error("gone"), { code: "PROTOCOL_CONNECTION_LOST" });
        },
        systemClock,
      );
      onTestFinished(() => breaking.close());
      const images = imagesIn(breaking);
      const others = openTestDatabase(place().url);
      onTestFinished(() => others.close());
      const image = await images.get((await stored(imagesIn(others))).id);
      edit(image);
      expect(await failureOf(images.save(image))).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      expect(await images.save(image)).toEqual({ version: 2, written: false, retries: 1 });
      await expectEdited(images, image.id);
    });
  });

  onServer((place) => {
    let admin: Connection;
    let database: Database;
    let images: DistinctImageRepository;
    beforeAll(async () => {
      admin = await createConnection({ uri: driverUrl(place().url) });
      database = openTestDatabase(place().url);
      images = imagesIn(database);
    });
    afterAll(async () => {
      await database.close();
      await admin.end();
    });

    test.each(STEPS)("before %s: the error is typed, nothing is half-written, the next save works", async (step) => {
      let killed = false;
      const breaking = interposed(
        openTestDatabase(place().url, { poolSize: 1 }),
        async (one, session) => {
          if (one !== step || killed) return;
          killed = true;
          const [row] = await session.rows({ sql: "SELECT CONNECTION_ID()", parameters: [] });
          await admin.query(`KILL ${Number(row![0])}`);
        },
        systemClock,
      );
      onTestFinished(() => breaking.close());
      const { id } = await stored(images);
      const repository = imagesIn(breaking);
      const image = await repository.get(id);
      edit(image);
      expect(await failureOf(repository.save(image))).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      await expectUnchanged(images, id);
      expect(await repository.save(image)).toEqual({ version: 2, written: true, retries: 0 });
      await expectEdited(images, id);
    });
  });
});

describe("a database that cannot be used", () => {
  const PASSWORD = "s3cret/pass word";

  async function refusal(url: string): Promise<DistinctionError> {
    const database = openTestDatabase(url);
    const error = await failureOf(imagesIn(database).find(randomUUID()));
    await database.close();
    const shown = [inspect(error, { depth: null, showHidden: true }), JSON.stringify(error)].join();
    for (const form of [PASSWORD, encodeURIComponent(PASSWORD)]) expect(shown).not.toContain(form);
    expect(error).toBeInstanceOf(DistinctionError);
    return error as DistinctionError;
  }

  function serverUrl(change: (url: URL) => void): string {
    const url = new URL(inject("serverUrl"));
    url.pathname = "/mysql";
    url.password = encodeURIComponent(PASSWORD);
    change(url);
    return url.href;
  }

  test("nobody listens there", async () => {
    const port = await closedPort();
    const error = await refusal(`mysql://someone:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/images`);
    expect(error).toMatchObject({ code: "DATABASE_UNAVAILABLE", cause: { code: "ECONNREFUSED" } });
    expect(error.message).toContain(`127.0.0.1:${port}/images`);
  });

  test("who listens there hangs up", async () => {
    const rude = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    onTestFinished(() => void rude.close());
    await new Promise((resolve) => rude.once("listening", resolve));
    const { port } = rude.address() as AddressInfo;
    const error = await refusal(`mysql://someone:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/images`);
    expect(error.code).toBe("DATABASE_UNAVAILABLE");
  });

  test("the password is wrong", async () => {
    const error = await refusal(serverUrl(() => undefined));
    expect(error).toMatchObject({ code: "DATABASE_UNAVAILABLE", cause: { code: "ER_ACCESS_DENIED_ERROR" } });
  });

  test("the user is unknown", async () => {
    const error = await refusal(serverUrl((url) => (url.username = "nobody-of-that-name")));
    expect(error).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
  });

  test("the database is unknown until somebody creates it: the next use succeeds", async () => {
    const name = databasePrefix(inject("runId")) + randomBytes(5).toString("hex");
    const url = new URL(inject("serverUrl"));
    url.pathname = `/${name}`;
    const database = openTestDatabase(url.href);
    const admin = await createConnection({ uri: driverUrl(inject("serverUrl")) });
    onTestFinished(async () => {
      await database.close();
      await admin.query("DROP DATABASE IF EXISTS ??", [name]);
      await admin.end();
    });
    expect(await failureOf(imagesIn(database).find(randomUUID()))).toMatchObject({
      code: "DATABASE_UNAVAILABLE",
      cause: { code: "ER_BAD_DB_ERROR" },
    });
    await admin.query("CREATE DATABASE ??", [name]);
    expect(await imagesIn(database).find(randomUUID())).toBeUndefined();
  });

  test("the file is no database, is a directory, or lies below a file", async () => {
    const directory = await mkdtemp(join(tmpdir(), "distinction-fault-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const text = join(directory, "text.db");
    await writeFile(text, "no database, but long enough to hold a header. ".repeat(30));
    for (const path of [text, directory, join(text, "below.db")]) {
      expect(await refusal(`sqlite:${path}`), path).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    }
  });
});

describe("a closed database", () => {
  onSqlBackends((place) => {
    test("refuses work, however often it is closed", async () => {
      const database = openTestDatabase(place().url);
      await database.connect();
      await database.close();
      await database.close();
      expect(await failureOf(imagesIn(database).find(randomUUID()))).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      const unused = openTestDatabase(place().url);
      await unused.close();
      await expect(unused.connect()).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    });

    test("has finished the work that was under way, and the work that waited for a connection", async () => {
      const database = openTestDatabase(place().url, { poolSize: 1 });
      const image = await stored(imagesIn(database));
      let closing: Promise<void> | undefined;
      const rename = (name: string): Promise<number> =>
        database.transaction(async (session) => {
          closing ??= database.close();
          await session.rows({ sql: "SELECT 1", parameters: [] });
          return session.run({ sql: "UPDATE images SET name = ? WHERE id = ?", parameters: [name, image.id] });
        });
      expect(await Promise.all([rename("first"), rename("second")])).toEqual([1, 1]);
      await closing;
      const another = openTestDatabase(place().url);
      expect((await imagesIn(another).get(image.id)).name).toBe("second");
      await another.close();
    });
  });
});

describe("an SQLite file that others are writing to", () => {
  onSqlite((place) => {
    test("makes clients of one process take turns, for a wait would block the one that is waited for", async () => {
      const clock = new FakeClock();
      const clients = [1, 2, 3, 4].map(() => openTestDatabase(place().url, { clock }));
      onTestFinished(() => closeAll(clients));
      const ready: (() => Promise<SaveResult>)[] = [];
      for (const database of clients) {
        const images = imagesIn(database);
        const image = await stored(images);
        await database.session((session) => session.rows({ sql: "PRAGMA busy_timeout = 0", parameters: [] }));
        edit(image);
        ready.push(() => images.save(image));
      }
      const saves = await Promise.all(ready.map((save) => save()));
      expect(saves.map(({ version }) => version)).toEqual([2, 2, 2, 2]);
      expect(clock.slept).toEqual([]);
    });

    test("is tried again until the other process is done", async () => {
      const { url } = place();
      const holder = startChild(new URL("file-holder.child.ts", import.meta.url), {
        path: url.slice("sqlite:".length),
      });
      let pauses = 0;
      const clock: Clock = {
        ...systemClock,
        sleep: async () => {
          if (pauses++ > 0) return;
          holder.send("let go");
          await holder.output;
        },
      };
      // The file must be there, and migrated, before it is locked.
      const database = openTestDatabase(url, { clock });
      onTestFinished(() => database.close());
      const images = imagesIn(database);
      const image = await stored(images);
      await database.session((session) => session.rows({ sql: "PRAGMA busy_timeout = 0", parameters: [] }));
      expect(await holder.next()).toBe("holding");
      edit(image);
      expect(await images.save(image)).toEqual({ version: 2, written: true, retries: 0 });
      expect(pauses).toBe(1);
      await expectEdited(images, image.id);
    });
  });
});

/** A stored image that `edit` makes a BEGIN, an UPDATE, a DELETE, an INSERT and a COMMIT of. */
async function stored(images: DistinctImageRepository): Promise<Image> {
  const image = newImage({
    name: "old",
    properties: [
      ["changed", "old"],
      ["removed", "old"],
    ],
  });
  await images.add(image);
  return image;
}

function edit(image: Image): void {
  image.properties.set("changed", "new");
  image.properties.delete("removed");
}

async function expectEdited(images: DistinctImageRepository, id: string): Promise<void> {
  const now = await images.get(id);
  expect([images.versionOf(now), Object.fromEntries(now.properties)]).toEqual([2, { changed: "new" }]);
}

async function expectUnchanged(images: DistinctImageRepository, id: string): Promise<void> {
  const now = await images.get(id);
  expect([images.versionOf(now), Object.fromEntries(now.properties)]).toEqual([1, { changed: "old", removed: "old" }]);
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([work]);
  if (outcome.status === "fulfilled") throw new Error("expected a failure");
  return outcome.reason;
}

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

/** A repository whose every statement goes over one connection, known to the server by `connectionId`. */
async function onOneConnection(
  url: string,
  options: Partial<OpenOptions> = {},
): Promise<{ database: Database; images: DistinctImageRepository; connectionId: number }> {
  const database = openTestDatabase(url, { poolSize: 1, ...options });
  onTestFinished(() => database.close());
  const [row] = await database.session((session) => session.rows({ sql: "SELECT CONNECTION_ID()", parameters: [] }));
  return { database, images: imagesIn(database), connectionId: Number(row![0]) };
}

/** Returns once the connection is at an INSERT, hence holds the lock on the record's row. */
async function untilInserting(observer: Connection, connectionId: number): Promise<void> {
  for (;;) {
    const [rows] = await observer.query<RowDataPacket[]>("SHOW FULL PROCESSLIST");
    const current = rows.find((row) => row["Id"] === connectionId)?.["Info"] as string | null | undefined;
    if (current?.startsWith("INSERT") === true) return;
  }
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
