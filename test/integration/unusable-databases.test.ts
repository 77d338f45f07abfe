import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { createConnection } from "mysql2/promise";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { DistinctionError } from "../../domain/distinction/errors.js";
import { openTestDatabase } from "../support/open-store.js";
import { databasePrefix } from "../support/server/run-databases.js";
import { driverUrl } from "../support/server/server-version.js";
import { imagesIn, onSqlBackends } from "./backends.js";
import { failureOf, stored } from "./faulty-save.js";

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

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
