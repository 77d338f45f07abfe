import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, inject } from "vitest";
import type { RepositoryEnvironment } from "../../domain/distinction/save-options.js";
import type { RecordStore } from "../../domain/distinction/record-store.js";
import { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import { DistinctImageFactory } from "../../domain/image/image-factory.js";
import { imageType, type Image, type NewImage } from "../../domain/image/image-type.js";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import type { Database } from "../../infrastructure/persistence/database.js";
import { imageTable } from "../../infrastructure/persistence/image-table.js";
import { SqlRecordStore } from "../../infrastructure/persistence/sql-record-store.js";
import { openTestDatabase } from "../support/open-store.js";
import { createServerDatabase, createSqliteFile, type TestDatabase } from "../support/test-database.js";

export const environment: RepositoryEnvironment = { clock: systemClock, random: Math.random, firstVersion: () => 1 };

const factory = new DistinctImageFactory(systemClock, randomUUID);

/** Two clients of the same images: all that one knows of the other is in the store. */
export interface Clients {
  readonly stores: readonly [RecordStore, RecordStore];
  readonly a: DistinctImageRepository;
  readonly b: DistinctImageRepository;
  /** Of a SQL backend: a connection pool or file handle for each client. */
  readonly databases: readonly Database[];
}

/** The same tests on memory, SQLite and the server. */
export function onEveryBackend(tests: (clients: () => Clients) => void): void {
  describe("memory", () => {
    const store = new MemoryRecordStore(imageType);
    const clients = clientsOf([store, store], []);
    tests(() => clients);
  });
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
  onSqlite((place) => tests(place, "SQLite"));
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
  return clientsOf([imageStore(databases[0]), imageStore(databases[1])], databases);
}

export function imageStore(database: Database): SqlRecordStore {
  return new SqlRecordStore(database, imageTable);
}

export function imagesIn(database: Database): DistinctImageRepository {
  return new DistinctImageRepository(imageStore(database), environment);
}

export function newImage(values: NewImage = {}): Image {
  return factory.newImage(values);
}

export async function closeAll(databases: readonly Database[]): Promise<void> {
  for (const database of databases) await database.close();
}

function clientsOf(stores: readonly [RecordStore, RecordStore], databases: readonly Database[]): Clients {
  const [a, b] = [
    new DistinctImageRepository(stores[0], environment),
    new DistinctImageRepository(stores[1], environment),
  ];
  return { stores, a, b, databases };
}
