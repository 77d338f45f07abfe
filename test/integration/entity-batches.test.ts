import "reflect-metadata";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StatementEvent } from "../../infrastructure/persistence/connection/observed-connection.js";
import { distinct } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { Label, Membership, Money, Note, openDataSource, Photo } from "./entity-fixtures.js";

/** Tables that TypeORM made: keys in the server's default collation, children without cascades, rows deleted by a mark. */
onSqlBackends((place, backend) => {
  let mine: DataSource;
  let theirs: DataSource;
  beforeAll(async () => {
    mine = await openDataSource(place().url, { synchronize: true });
    theirs = await openDataSource(place().url);
  });
  afterAll(async () => {
    await mine.destroy();
    await theirs.destroy();
  });

  const sent: StatementEvent[] = [];
  const photosOf = (dataSource: DataSource) =>
    distinct(dataSource, Photo, { policies: { views: "sum" }, onStatement: (event) => void sent.push(event) });

  test("batches of entities keep every kind of value, and merge", async () => {
    const photos = photosOf(mine);
    const others = photosOf(theirs);
    const ids: string[] = [];
    for (let index = 0; index < 12; index++) {
      const photo = mine.getRepository(Photo).create({ title: `p${index}` });
      ids.push((await mine.getRepository(Photo).save(photo)).id);
    }
    const loaded = await photos.getMany(ids);
    const change = (photo: Photo, index: number): void => {
      Object.assign(photo, {
        caption: index % 2 === 0 ? `Ünï 🎉 "q" \\ ' ${index} ` : null,
        views: photo.views + 1,
        size: "9223372036854775807",
        price: backend === "SQLite" ? -12345.67 : "-12345.67",
        exposure: 0.1 + 0.2,
        hidden: true,
        takenAt: new Date("2026-03-29T01:30:00.250Z"),
        day: "2026-01-31",
        exif: { iso: [index, null] },
        metadata: { a: { "": [1, "\n🎉"] } },
        tags: ["red", `t${index}`],
        state: "public",
        thumbnail: Buffer.from([0, 39, 92, 255, index]),
        fee: new Money(150 + index),
        secret: `s${index}`,
      });
      photo.address.street = `street ${index}`;
      photo.labels.push(Object.assign(new Label(), { name: "n", weight: index }));
      photo.notes.push(Object.assign(new Note(), { body: `note ${index}` }));
    };
    await others.update(ids[3]!, (photo) => void (photo.views += 5));
    await others.update(ids[7]!, (photo) => void (photo.sensor.width = 9));
    loaded.forEach(change);
    sent.length = 0;
    const results = await photos.saveAll(loaded);
    expect(results.filter(({ retries }) => retries > 0)).toHaveLength(2);
    if (backend === "server") expect(sent.filter(({ sql }) => sql.includes("JSON_TABLE"))).not.toHaveLength(0);
    const again = await others.getMany(ids);
    for (const [index, photo] of again.entries()) {
      const { labels, notes, ...values } = loaded[index]!;
      expect(photo).toMatchObject(values);
      expect(photo.labels.map(({ name, weight }) => [name, weight])).toEqual([["n", index]]);
      expect(photo.notes.map(({ body }) => body)).toEqual([`note ${index}`]);
      expect([labels.length, notes.length]).toEqual([1, 1]);
      expect(photo.views).toBe(index === 3 ? 6 : 1);
      expect(photo.sensor.width).toBe(index === 7 ? 9 : 0);
    }
    const fresh = await mine.getRepository(Photo).findOneByOrFail({ id: ids[5]! });
    expect(fresh).toMatchObject({ title: "p5", exposure: 0.1 + 0.2, fee: new Money(155), secret: "s5" });
    for (const photo of again) Object.assign(photo, { caption: null, fee: null, thumbnail: null, exif: null });
    for (const photo of again) photo.labels.pop();
    await others.saveAll(again);
    expect((await photos.getMany(ids)).every(({ fee, exif, labels }) => !fee && !exif && labels.length === 0)).toBe(
      true,
    );

    await mine.getRepository(Photo).softDelete(ids[0]!);
    again.forEach((photo) => void (photo.views += 1));
    await expect(others.saveAll(again)).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
    await others.saveAll(again.slice(1));
    const page = await photos.list({
      where: { size: { gte: "9223372036854775807" } },
      sort: [{ by: "views", order: "desc" }],
    });
    expect(page.records.map(({ id }) => id)).toHaveLength(11);
    expect(page.records[0]!.id).toBe(ids[3]);
    await expect(photos.list({ after: ids[0]! })).rejects.toMatchObject({ code: "MARKER_NOT_FOUND" });
    const { records } = await photos.list({ after: page.records[4]!.id, sort: [{ by: "views", order: "desc" }] });
    expect(records.map(({ id }) => id)).toEqual(page.records.slice(5).map(({ id }) => id));
  });

  test("composite keys, some of them numbers", async () => {
    const members = distinct(mine, Membership, { policies: { logins: "sum" } });
    const all = Array.from({ length: 9 }, (_, index) => members.create({ team: `t${index % 2}`, person: index }));
    await members.addAll(all);
    const again = await members.getMany(all.map(({ team, person }) => ({ team, person })));
    again.forEach((member) => void member.logins++);
    all.forEach((member) => void (member.logins += 2));
    await members.saveAll(again);
    await members.saveAll(all);
    expect(all.map(({ logins }) => logins)).toEqual(all.map(() => 3));
    const { records } = await members.list({ where: { team: { eq: "t1" } }, sort: [{ by: "person", order: "desc" }] });
    expect(records.map(({ person }) => person)).toEqual([7, 5, 3, 1]);
  });
});
