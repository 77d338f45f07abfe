import { EventEmitter, once } from "node:events";
import { createConnection } from "mysql2/promise";
import { describe, expect, onTestFinished, test } from "vitest";
import { DistinctionError } from "../../domain/distinction/errors.js";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { openTestDatabase } from "../support/open-store.js";
import { startLocalServer } from "../support/server/local-source.js";
import { findServerBinary, searchFolders } from "../support/server/server-binary.js";
import { driverUrl } from "../support/server/server-version.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { createServerDatabase } from "../support/test-database.js";
import { closeAll, environment, imagesIn, newImage } from "./backends.js";

/** A way for a server to be gone for a while. */
interface Outage {
  readonly url: string;
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** The harness's server behind a proxy that breaks every connection and takes no new ones. */
async function unreachableServer(): Promise<Outage> {
  const place = await createServerDatabase();
  const { hostname, port } = new URL(place.url);
  const proxy = await TcpProxy.to(hostname, Number(port || 3306));
  onTestFinished(async () => {
    await proxy.close();
    await place.drop();
  });
  return {
    url: proxy.through(place.url),
    begin: async () => {
      proxy.refuses = true;
      proxy.cut();
    },
    end: async () => void (proxy.refuses = false),
  };
}

/** A server of this test's own, which is killed and started again on its data. */
async function crashingServer(): Promise<Outage> {
  const server = (await startLocalServer(process.env, () => undefined))!;
  onTestFinished(() => server.stop());
  const connection = await createConnection({ uri: driverUrl(server.url) });
  await connection.query("CREATE DATABASE crashes CHARACTER SET utf8mb4");
  await connection.end();
  return { url: `${server.url}crashes`, begin: () => server.kill(), end: () => server.start() };
}

/** Where another machine serves the tests' database, there is no server program here to be killed: shown as skipped. */
const canCrash = (await findServerBinary(searchFolders(process.env))) !== undefined;
const outages: [string, () => Promise<Outage>, boolean][] = [
  ["that cannot be reached for a while", unreachableServer, true],
  ["that is killed and started again", crashingServer, canCrash],
];

const RECORDS = 4;
const STEPS_BETWEEN = 5;
const OUTAGES = 2;

/** Does one thing again and again. After a failure it waits until no outage is under way, and does that same thing again. */
class Client {
  steps = 0;
  failures: unknown[] = [];
  readonly #events = new EventEmitter();

  constructor(private readonly step: () => Promise<void>) {}

  async run(isOver: () => boolean, back: () => Promise<void>): Promise<void> {
    while (!isOver()) {
      try {
        await this.step();
        this.steps++;
        this.#events.emit("change");
      } catch (error) {
        this.failures.push(error);
        this.#events.emit("change");
        await back();
      }
    }
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#events, "change");
  }
}

describe.each(outages)("a server %s", (_, start, isPossible) => {
  test.skipIf(!isPossible)(
    "takes nothing of what it acknowledged along, and nothing is done twice",
    async () => {
      const { url, begin, end } = await start();
      const databases = [openTestDatabase(url), openTestDatabase(url)] as const;
      onTestFinished(() => closeAll(databases));
      const shared = Array.from({ length: RECORDS }, () => newImage({ minDisk: 1_000_000 }));
      const [observer] = databases.map(imagesIn) as [DistinctImageRepository];
      await observer.addAll(shared);
      const ids = shared.map(({ id }) => id);

      const savers = [0, 1, 2].map((writer) => saver(databases[writer % 2]!, ids[0]!, `saver ${writer}`));
      const batchers = [0, 1].map((writer) => batcher(databases[writer]!, ids, `batch ${writer}`));
      const units = [0, 1].map((writer) => transferrer(databases[writer]!, ids[writer]!, ids[1 - writer]!));
      const readers = [reader(databases[0], ids), lister(databases[1], ids)];
      const clients = [...savers, ...batchers, ...units, ...readers];

      let isOver = false;
      let back = signal();
      back.resolve(); // nobody waits who fails between outages, as a unit may that learns late of one
      const running = clients.map((client) => client.run(() => isOver, () => back.promise)); // prettier-ignore
      for (let outage = 0; outage < OUTAGES; outage++) {
        await eachDoes(STEPS_BETWEEN, clients);
        const failed = clients.map(({ failures }) => failures.length);
        back = signal();
        await begin();
        // A unit that waits to learn whether it was committed does not fail; all others do.
        const noticing = clients.filter((client) => !units.includes(client));
        await Promise.all(noticing.map((client) => client.until(() => client.failures.length > failed[clients.indexOf(client)]!))); // prettier-ignore
        await end();
        back.resolve();
      }
      await eachDoes(STEPS_BETWEEN, clients);
      isOver = true;
      await Promise.all(running);

      for (const error of clients.flatMap(({ failures }) => failures)) {
        expect(error).toBeInstanceOf(DistinctionError);
        expect(error).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
        expect(String(error)).not.toContain("did not tell");
      }
      const stored = await observer.getMany(ids);
      const steps = (some: readonly Client[]): number => some.reduce((sum, client) => sum + client.steps, 0);
      const property = (index: number, name: string): number => Number(stored[index]!.properties.get(name) ?? 0);
      for (const [writer, client] of savers.entries()) expect(property(0, `saver ${writer}`)).toBe(client.steps);
      for (const [writer, client] of batchers.entries()) {
        expect(ids.map((_, index) => property(index, `batch ${writer}`))).toEqual(ids.map(() => client.steps));
      }
      expect(property(0, "given") + property(1, "given")).toBe(steps(units));
      const [one, two] = units.map((client) => client.steps) as [number, number];
      expect(stored.map(({ minDisk }) => minDisk - 1_000_000)).toEqual([two - one, one - two, 0, 0]);
      const writes = [steps([...savers, ...batchers, ...units]), steps([...batchers, ...units])];
      expect(stored.map((image) => observer.versionOf(image) - 1)).toEqual([
        ...writes,
        ...[2, 3].map(() => steps(batchers)),
      ]);
    },
    60_000,
  );
});

/** Saves its own counter, over and over in the same object; what it could not save, it saves the next time. */
function saver(database: Database, id: string, name: string): Client {
  const images = imagesIn(database);
  let image: Image | undefined;
  let count = 0;
  let isSaved = true;
  return new Client(async () => {
    image ??= await images.get(id);
    if (isSaved) image.properties.set(name, String(++count));
    isSaved = false;
    await images.save(image);
    isSaved = true;
  });
}

function batcher(database: Database, ids: readonly string[], name: string): Client {
  const images = imagesIn(database);
  let held: Image[] | undefined;
  let count = 0;
  let isSaved = true;
  return new Client(async () => {
    held ??= await images.getMany(ids);
    if (isSaved) {
      count++;
      for (const image of held) image.properties.set(name, String(count));
    }
    isSaved = false;
    await images.saveAll(held);
    isSaved = true;
  });
}

/** A unit that fails was undone, so it may be done again although it counts. */
function transferrer(database: Database, from: string, to: string): Client {
  const images = imagesIn(database);
  const units = new SqlUnitOfWork(database, environment);
  return new Client(() =>
    units.run(async (tx) => {
      const inside = tx.repository(images);
      const [source, target] = (await inside.getMany([from, to])) as [Image, Image];
      source.minDisk--;
      target.minDisk++;
      source.properties.set("given", String(Number(source.properties.get("given") ?? 0) + 1));
      await inside.saveAll([source, target]);
    }),
  );
}

function reader(database: Database, ids: readonly string[]): Client {
  const images = imagesIn(database);
  return new Client(async () => {
    expect(await images.getMany(ids)).toHaveLength(RECORDS);
  });
}

function lister(database: Database, ids: readonly string[]): Client {
  const images = imagesIn(database);
  return new Client(async () => {
    const first = await images.list({ limit: 2 });
    const second = await images.list({ limit: 10, ...(first.next === undefined ? {} : { after: first.next }) });
    expect([...first.records, ...second.records].map(({ id }) => id).sort()).toEqual([...ids].sort());
  });
}

async function eachDoes(more: number, clients: readonly Client[]): Promise<void> {
  const goals = clients.map(({ steps }) => steps + more);
  await Promise.all(clients.map((client, index) => client.until(() => client.steps >= goals[index]!)));
}

function signal(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
