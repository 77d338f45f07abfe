import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, inject } from "vitest";
import type { RecordStore } from "../../domain/distinction/record-store.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { DistinctMemberRepository } from "../../domain/image/distinct-member-repository.js";
import { ImageGateway } from "../../domain/image/image-gateway.js";
import type { ImageUpkeep } from "../../domain/image/image-upkeep.js";
import type { ImageMemberRepository } from "../../domain/image/member-repository.js";
import type { MemberStore } from "../../domain/image/member-store.js";
import { memoryImages } from "../../infrastructure/memory/memory-images.js";
import type { Database } from "../../infrastructure/persistence/connection/database.js";
import { imageTable } from "../../infrastructure/persistence/images/image-table.js";
import { SqlImageUpkeep } from "../../infrastructure/persistence/images/sql-image-upkeep.js";
import { SqlMemberStore } from "../../infrastructure/persistence/images/sql-member-store.js";
import { SqlRecordStore } from "../../infrastructure/persistence/records/sql-record-store.js";
import { environment, newImage } from "../support/images.js";
import { openTestDatabase } from "../support/open-store.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";

export { environment, newImage };

/** `DISTINCTION_TEST_BACKENDS=server` leaves out the backends that a run with another server has covered already. */
const SERVER_ALONE = process.env["DISTINCTION_TEST_BACKENDS"] === "server";

/** Two clients of the same images: all that one knows of the other is in the store. */
export interface Clients {
  readonly stores: readonly [RecordStore, RecordStore];
  readonly memberStores: readonly [MemberStore, MemberStore];
  readonly upkeep: ImageUpkeep;
  readonly a: DistinctImageRepository;
  readonly b: DistinctImageRepository;
  /** As a service composes them, one for each client. */
  readonly gateways: readonly [ImageGateway, ImageGateway];
  /** Whom the images are shared with, as each of the clients sees it. */
  readonly members: readonly [ImageMemberRepository, ImageMemberRepository];
  /** Of a SQL backend: a connection pool or file handle for each client. */
  readonly databases: readonly Database[];
}

/** The same tests on memory, SQLite and the server. */
export function onEveryBackend(tests: (clients: () => Clients) => void): void {
  if (!SERVER_ALONE) {
    describe("memory", () => {
      const { images, members, upkeep } = memoryImages();
      const clients = clientsOf([images, images], [members, members], upkeep, []);
      tests(() => clients);
    });
  }
  onSqlBackends((place) => {
    let clients: Clients;
    beforeAll(() => {
      clients = sqlClients(place().url);
    });
    afterAll(() => closeAll(clients.databases));
    tests(() => clients);
  });
}

/** The same tests on an SQLite file and on the server, each with an empty database of its own. */
export function onSqlBackends(tests: (place: () => TestDatabase, backend: "SQLite" | "server") => void): void {
  if (!SERVER_ALONE) onSqlite((place) => tests(place, "SQLite"));
  onServer((place) => tests(place, "server"));
}

export function onSqlite(tests: (place: () => TestDatabase) => void): void {
  onBackend("SQLite", createSqliteFile, tests);
}

export function onServer(tests: (place: () => TestDatabase) => void): void {
  onBackend(inject("serverName"), createServerDatabase, tests);
}

function onBackend(
  name: string,
  create: () => Promise<TestDatabase>,
  tests: (place: () => TestDatabase) => void,
): void {
  describe(name, () => {
    let place: TestDatabase;
    beforeAll(async () => {
      place = await create();
    });
    afterAll(() => place.drop());
    tests(() => place);
  });
}

/** Two clients with a database object each, hence with connections of their own. */
export function sqlClients(url: string): Clients {
  const databases = [openTestDatabase(url), openTestDatabase(url)] as const;
  return clientsOf(
    [imageStore(databases[0]), imageStore(databases[1])],
    [SqlMemberStore.of(databases[0]), SqlMemberStore.of(databases[1])],
    new SqlImageUpkeep(databases[0]),
    databases,
  );
}

export function imageStore(database: Database): SqlRecordStore {
  return new SqlRecordStore(database, imageTable);
}

export function imagesIn(database: Database): DistinctImageRepository {
  return new DistinctImageRepository(imageStore(database), environment);
}

export async function closeAll(databases: readonly Database[]): Promise<void> {
  for (const database of databases) await database.close();
}

function clientsOf(
  stores: readonly [RecordStore, RecordStore],
  memberStores: readonly [MemberStore, MemberStore],
  upkeep: ImageUpkeep,
  databases: readonly Database[],
): Clients {
  const [a, b] = [
    new DistinctImageRepository(stores[0], environment),
    new DistinctImageRepository(stores[1], environment),
  ];
  const members = [
    new DistinctMemberRepository(memberStores[0], environment),
    new DistinctMemberRepository(memberStores[1], environment),
  ] as const;
  const gateway = (client: 0 | 1): ImageGateway =>
    new ImageGateway({ images: stores[client], members: memberStores[client] }, { ...environment, newId: randomUUID });
  return { stores, memberStores, upkeep, a, b, gateways: [gateway(0), gateway(1)], members, databases };
}
