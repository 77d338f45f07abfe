import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { openDistinction } from "../../src/composition/open-distinction.js";
import { openTestDatabase } from "../support/open-store.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { onServer } from "./backends.js";
import { openDataSource, Photo } from "./entity-fixtures.js";

/** Milliseconds; what is looked at on a machine that is busy with tests answers in less. */
const LIMIT = 1_000;

const silent = (port: number | string, limit: number): object => ({
  code: "DATABASE_UNAVAILABLE",
  message: expect.stringMatching(
    new RegExp(`127\\.0\\.0\\.1:${port}\\b.* did not answer within ${limit} ms`),
  ) as string,
});

test("a server that takes connections and says nothing is told with host, port and limit", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket));
  await listening(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const database = `mysql://root:hunter2@127.0.0.1:${port}/x`;
  const { connect, close } = openDistinction({ database, connectTimeout: 50 });
  await expect(connect()).rejects.toMatchObject(silent(port, 50));
  await close();
});

onServer((place) => {
  async function proxied() {
    const { hostname, port } = new URL(place().url);
    const proxy = await TcpProxy.to(hostname, Number(port || 3306));
    onTestFinished(() => proxy.close());
    const url = proxy.through(place().url);
    return { proxy, url, port: new URL(url).port };
  }

  test.each([
    ["TypeORM's look", /SELECT version\(\) as version/],
    ["ours", /max_allowed_packet/],
    ["the settings of the connection", /SET SESSION autocommit/],
    ["a check", /sql_mode/],
  ])(
    "one that falls silent at %s, as a proxy before it does, is told, and tried again by the next use",
    async (_, at) => {
      const { proxy, url, port } = await proxied();
      const database = openTestDatabase(url, { schema: "unmanaged", connectTimeout: LIMIT });
      onTestFinished(() => database.close());
      proxy.breakAt(at, "freeze");
      await expect(database.connect()).rejects.toMatchObject(silent(port, LIMIT));
      expect(proxy.mishaps).toBe(1);
      await database.connect();
    },
  );

  test("a data source whose server falls silent before `distinct` looks at it, by its own connectTimeout", async () => {
    const { proxy, url, port } = await proxied();
    const dataSource = await openDataSource(url, { synchronize: true, connectTimeout: LIMIT });
    onTestFinished(() => dataSource.destroy());
    const photos = distinct(dataSource, Photo);
    proxy.isFrozen = true;
    await expect(photos.find("1")).rejects.toMatchObject(silent(port, LIMIT));
    proxy.isFrozen = false;
    proxy.cut();
    expect(await photos.find("1")).toBeUndefined();
  });
});

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}
