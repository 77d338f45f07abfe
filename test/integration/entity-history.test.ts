import "reflect-metadata";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { whoChanged } from "../../domain/distinction/history.js";
import { HISTORY_MIGRATIONS } from "../../infrastructure/persistence/migrations/index.js";
import { distinct } from "../../src/composition/distinct.js";
import { historyIn, unitOfWork } from "../../src/composition/existing-data-source.js";
import { openTestDatabase } from "../support/open-store.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { onSqlBackends } from "./backends.js";
import { Label, Membership, Money, openDataSource, Photo } from "./entity-fixtures.js";

onSqlBackends((place, backend) => {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await openDataSource(place().url, { synchronize: true, migrations: [...HISTORY_MIGRATIONS] });
  });
  afterAll(() => dataSource.destroy());

  const photosOf = (of: DataSource) =>
    distinct(of, Photo, {
      random: () => 0,
      history: true,
      actor: () => "ann",
      secret: ["caption"],
      policies: { views: "sum" },
    });

  test("tells which migrations are missing, and creates nothing by itself", async () => {
    const photos = photosOf(dataSource);
    const missing = { code: "MISSING_TABLE", message: expect.stringContaining("HISTORY_MIGRATIONS") as string };
    await expect(photos.add(photos.create({ title: "x" }))).rejects.toMatchObject(missing);
    const unit = unitOfWork(dataSource).run((tx) => {
      const inside = tx.repository(photos);
      return inside.add(inside.create({ title: "x" }));
    });
    await expect(unit).rejects.toMatchObject(missing);
    expect(await dataSource.getRepository(Photo).countBy({ title: "x" })).toBe(0);
    await expect(historyIn(dataSource).changesSince(0, 1)).rejects.toMatchObject(missing);
    const plain = distinct(dataSource, Photo);
    await unitOfWork(dataSource).run((tx) => tx.repository(plain).add(plain.create({ title: "x" })));
    await dataSource.runMigrations();
    await photos.add(photos.create({ title: "y" }));
    expect((await historyIn(dataSource).changesSince(0, 10)).entries).toHaveLength(1);
  });

  test("goes along with this library's own migrations, whichever run first", async () => {
    const database = openTestDatabase(place().url);
    await database.connect();
    await database.close();
    const again = await openDataSource(place().url, {
      migrations: [...HISTORY_MIGRATIONS],
      migrationsTableName: "again",
    });
    await again.runMigrations();
    await again.destroy();
  });

  test("has every effective write, with its author and changes", async () => {
    const photos = photosOf(dataSource);
    const photo = photos.create({ title: "one", caption: "hidden", fee: new Money(150) });
    photo.labels = [Object.assign(new Label(), { name: "l" })];
    await photos.add(photo);
    photo.address.street = "Main";
    photo.labels = [];
    await photos.save(photo);
    await photos.save(photo);
    await dataSource.getRepository(Photo).increment({ id: photo.id }, "views", 1); // by TypeORM: none of ours
    await unitOfWork(dataSource).run((tx) => tx.repository(photos).update(photo.id, (each) => each.rename("two")), {
      actor: "bob",
    });
    await photos.remove(await photos.get(photo.id));
    const entries = await historyIn(dataSource).historyOf(photos.type, photo.id);
    expect(entries.map(({ actor, versionFrom, versionTo }) => [actor, versionFrom, versionTo])).toEqual([
      ["ann", undefined, 1],
      ["ann", 1, 2],
      ["bob", 3, 4],
      ["ann", 4, undefined],
    ]);
    expect(whoChanged(entries, "title").map(({ entry }) => entry.actor)).toEqual(["bob", "ann"]);
    expect(whoChanged(entries, "address.street")).toHaveLength(2);
    expect(whoChanged(entries, 'labels["l"]')).toHaveLength(2);
    expect(whoChanged(entries, "caption")).toMatchObject([{ change: { to: "[secret]" } }]);
    expect(whoChanged(entries, "fee")).toMatchObject([{ change: { to: 150 } }]);
  });

  test("is one outbox for all entities of the data source", async () => {
    const [photos, members] = [
      photosOf(dataSource),
      distinct(dataSource, Membership, { random: () => 0, history: true }),
    ];
    const history = historyIn(dataSource);
    let { cursor } = await history.changesSince(0, 500);
    const photo = photos.create({ title: "outbox" });
    await photos.add(photo);
    await unitOfWork(dataSource).run(async (tx) => {
      await tx.repository(members).add(members.create({ team: "outbox", person: 1 }));
      await tx.repository(photos).update(photo.id, (each) => void each.views++);
    });
    const page = await history.changesSince(cursor, 500);
    ({ cursor } = page);
    expect(page.entries.map(({ changeSet }) => changeSet.record)).toEqual(["Photo", "Membership", "Photo"]);
    expect(page.entries[1]!.operation).toBe(page.entries[2]!.operation);
    expect(page.entries[1]!.changeSet.id).toEqual(["outbox", 1]);
    expect(await history.changesSince(cursor, 500)).toEqual({ entries: [], cursor });
  });

  if (backend === "SQLite") return;

  test.each(["drop reply", "cut before"] as const)("a save whose COMMIT broke (%s) is done once", async (kind) => {
    const { hostname, port } = new URL(place().url);
    const proxy = await TcpProxy.to(hostname, Number(port || 3306));
    const breaking = await openDataSource(proxy.through(place().url));
    const photos = photosOf(breaking);
    const photo = photos.create({ title: "broken" });
    await photos.add(photo);
    photo.views++;
    proxy.breakAt("COMMIT", kind);
    expect(await photos.save(photo)).toMatchObject({ written: true });
    expect(proxy.mishaps).toBe(1);
    expect(await photosOf(dataSource).get(photo.id)).toMatchObject({ views: 1, version: 2 });
    expect(await historyIn(dataSource).historyOf(photos.type, photo.id)).toHaveLength(2);
    await breaking.destroy();
    await proxy.close();
  });
});
