import "reflect-metadata";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { UnitOfWork } from "../../domain/distinction/unit/unit-of-work.js";
import { distinct } from "../../src/composition/distinct.js";
import { unitOfWork } from "../../src/composition/existing-data-source.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { onSqlBackends } from "./backends.js";
import { HISTORY_MIGRATIONS } from "../../infrastructure/persistence/migrations/index.js";
import { CameraSchema, Label, Membership, openDataSource, Photo } from "./entity-fixtures.js";

onSqlBackends((place, backend) => {
  let mine: DataSource;
  let theirs: DataSource;
  let units: UnitOfWork;
  beforeAll(async () => {
    mine = await openDataSource(place().url, { synchronize: true });
    theirs = await openDataSource(place().url);
    units = unitOfWork(mine);
  });
  afterAll(async () => {
    await mine.destroy();
    await theirs.destroy();
  });

  const photosOf = (dataSource: DataSource) =>
    distinct(dataSource, Photo, { random: () => 0, policies: { views: "sum" } });
  const membersOf = (dataSource: DataSource) =>
    distinct(dataSource, Membership, { random: () => 0, policies: { logins: "sum" } });

  async function stored(values: { views?: number } = {}): Promise<string> {
    const photos = photosOf(mine);
    const photo = photos.create({ title: "before", ...values });
    await photos.add(photo);
    return photo.id;
  }

  test("stores what several repositories write, or nothing", async () => {
    const [photos, members, cameras] = [
      photosOf(mine),
      membersOf(mine),
      distinct(mine, CameraSchema, { random: () => 0 }),
    ];
    const id = await stored();
    const member = { team: "units", person: Number(process.hrtime.bigint() % 1_000_000n) };
    const work = (fail: boolean) =>
      units.run(async (tx) => {
        await tx.repository(photos).update(id, (photo) => {
          photo.title = "after";
          photo.labels.push(Object.assign(new Label(), { name: "l" }));
        });
        await tx.repository(members).add(members.create(member));
        const camera = cameras.create({ id: `${member.person}`, model: "m", settings: {} });
        await tx.repository(cameras).add(camera);
        if (fail) throw new Error("no");
      });
    await expect(work(true)).rejects.toThrow("no");
    expect(await photos.get(id)).toMatchObject({ title: "before", labels: [], version: 1 });
    expect(await members.find(member)).toBeUndefined();
    await work(false);
    expect(await photos.get(id)).toMatchObject({ title: "after", labels: [{ name: "l" }], version: 2 });
    expect(await members.get(member)).toMatchObject({ role: "reader", version: 1 });
    expect(await cameras.get(`${member.person}`)).toMatchObject({ model: "m" });
  });

  test("repositories of one entity are one in a unit, whoever made them", async () => {
    const id = await stored({ views: 1 });
    await units.run(async (tx) => {
      const [one, two] = [tx.repository(photosOf(mine)), tx.repository(photosOf(mine))];
      const photo = await two.get(id);
      await one.update(id, (each) => void (each.title = "one"));
      photo.views += 1;
      await two.save(photo);
    });
    expect(await photosOf(mine).get(id)).toMatchObject({ title: "one", views: 2, version: 3 });
  });

  test("refuses the repositories of another data source, and its own by another way", async () => {
    const id = await stored();
    await expect(units.run(async (tx) => tx.repository(photosOf(theirs)).get(id))).rejects.toMatchObject({
      code: "UNIT_MISUSED",
    });
    await expect(units.run(() => photosOf(mine).get(id))).rejects.toMatchObject({ code: "UNIT_MISUSED" });
    await expect(units.run(() => unitOfWork(mine).run(() => Promise.resolve()))).rejects.toMatchObject({
      code: "UNIT_MISUSED",
    });
  });

  test("a repository made before its data source was opened anew goes on", async () => {
    const dataSource = await openDataSource(place().url);
    const [photos, id] = [photosOf(dataSource), await stored()];
    expect(await photos.get(id)).toMatchObject({ title: "before" });
    await dataSource.destroy();
    await expect(photos.get(id)).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    await dataSource.initialize();
    expect(await photos.get(id)).toMatchObject({ title: "before" });
    await unitOfWork(dataSource).run((tx) => tx.repository(photosOf(dataSource)).get(id));
    await dataSource.destroy();
  });

  // On SQLite a unit has the file to itself: nobody can come first.
  if (backend === "SQLite") return;

  test("runs again as a whole where another writer came first", async () => {
    const [photos, members] = [photosOf(mine), membersOf(mine)];
    const id = await stored();
    const member = { team: "again", person: 1 };
    await members.add(members.create(member));
    const titles: string[] = [];
    await units.run(async (tx) => {
      const photo = await tx.repository(photos).get(id);
      titles.push(photo.title);
      await tx.repository(members).update(member, (one) => void one.logins++);
      if (tx.attempt === 1) {
        await theirs.getRepository(Photo).save({ id, title: "theirs" });
      }
      photo.title = `${photo.title}!`;
      await tx.repository(photos).save(photo);
    });
    expect(titles).toEqual(["before", "theirs"]);
    expect(await photos.get(id)).toMatchObject({ title: "theirs!" });
    expect(await members.get(member)).toMatchObject({ logins: 1 });
  });

  test("is repeated after a deadlock, with nothing lost", async () => {
    const ids = [await stored(), await stored()].sort();
    const raise = (dataSource: DataSource, order: readonly string[]) =>
      unitOfWork(dataSource).run(async (tx) => {
        const photos = tx.repository(photosOf(dataSource));
        for (const id of order) await photos.update(id, (photo) => void photo.views++);
      });
    const rounds = Array.from({ length: 8 }, (_, round) =>
      raise(round % 2 === 0 ? mine : theirs, round % 4 < 2 ? ids : [...ids].reverse()),
    );
    await Promise.all(rounds);
    for (const id of ids) expect(await photosOf(mine).get(id)).toMatchObject({ views: 8 });
  });

  test("a lost COMMIT is told where nothing remembers it, and looked up where the history's tables are there", async () => {
    const { hostname, port } = new URL(place().url);
    const proxy = await TcpProxy.to(hostname, Number(port || 3306));
    const id = await stored();
    const raise = async (dataSource: DataSource): Promise<number> => {
      let runs = 0;
      proxy.breakAt("COMMIT", "drop reply");
      await unitOfWork(dataSource).run((tx) => {
        runs++;
        return tx.repository(photosOf(dataSource)).update(id, (photo) => void photo.views++);
      });
      return runs;
    };
    const bare = await openDataSource(proxy.through(place().url));
    await expect(raise(bare)).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    expect(await photosOf(mine).get(id)).toMatchObject({ views: 1 });
    await bare.destroy();
    const migrated = await openDataSource(proxy.through(place().url), { migrations: [...HISTORY_MIGRATIONS] });
    await migrated.runMigrations();
    expect(await raise(migrated)).toBe(1);
    expect(proxy.mishaps).toBe(2);
    expect(await photosOf(mine).get(id)).toMatchObject({ views: 2 });
    await migrated.destroy();
    await proxy.close();
  });
});
