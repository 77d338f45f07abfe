import "reflect-metadata";
import { randomUUID } from "node:crypto";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { unitOfWork } from "../../src/composition/existing-data-source.js";
import { onSqlBackends } from "./backends.js";
import {
  CameraSchema,
  Counter,
  Label,
  Membership,
  Money,
  Note,
  openDataSource,
  Photo,
  Place,
} from "./entity-fixtures.js";

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

  const options = { policies: { views: "sum", tags: "union" }, random: () => 0 } as const;
  const photosOf = (dataSource: DataSource) => distinct(dataSource, Photo, options);

  /** Inserted by TypeORM. */
  async function storedPhoto(values: Partial<Photo> = {}): Promise<string> {
    const repository = mine.getRepository(Photo);
    const { id } = await repository.save(repository.create({ title: "before", ...values }));
    return id;
  }

  test("a record is the entity as TypeORM gives it", async () => {
    const id = await storedPhoto({
      caption: "c",
      views: 3,
      size: "9007199254740993",
      price: "12.50",
      exposure: 0.125,
      hidden: true,
      takenAt: new Date("2026-03-29T01:30:00.250Z"),
      day: "2026-01-31",
      exif: { iso: 100 },
      metadata: { a: { b: [1, "x"] } },
      tags: ["red", "blue"],
      state: "public",
      thumbnail: Buffer.from([0, 255]),
      fee: new Money(150),
      secret: "s",
      address: Object.assign(new Place(), { street: "Main", city: null }),
    });
    const expected = await mine.getRepository(Photo).findOneByOrFail({ id });
    const photo = await photosOf(mine).get(id);
    if (backend === "SQLite") expected.size = photo.size; // the driver rounds what TypeORM gives
    expect(photo).toBeInstanceOf(Photo);
    expect(photo.address).toBeInstanceOf(Place);
    expect(photo.sensor.madeIn).toBeInstanceOf(Place);
    expect(photo.fee).toEqual(new Money(150));
    expect({ ...photo, labels: undefined, notes: undefined }).toEqual({ ...expected });
    expect(photo.size).toBe("9007199254740993");
    expect(photo.version).toBe(1);
    expect(photosOf(mine).type.key).toBe("id");
  });

  test("a save writes what changed, and moves the version", async () => {
    const photos = photosOf(mine);
    const id = await storedPhoto({ secret: "kept" });
    const photo = await photos.get(id);
    expect(photos.changes(photo).changes).toEqual([]);
    photo.rename("after");
    photo.address.street = "High";
    photo.fee = new Money(7);
    photo.takenAt = new Date("2026-07-01T12:00:00.500Z");
    photo.exposure = 0.3;
    photo.price = 2;
    expect(photos.changes(photo).changes.map((change) => "attribute" in change && change.attribute)).toEqual([
      "address.street",
      "exposure",
      "fee",
      "price",
      "takenAt",
      "title",
    ]);
    expect(await photos.save(photo)).toMatchObject({ version: 2, written: true });
    expect(photo.version).toBe(2);
    const stored = await theirs.getRepository(Photo).findOneByOrFail({ id });
    expect({ ...photo, labels: undefined, notes: undefined }).toMatchObject({ ...stored, price: photo.price });
    expect(stored).toMatchObject({ title: "after", fee: new Money(7), version: 2, exposure: 0.3 });
    expect(Number(stored.price)).toBe(2);
    expect(stored.takenAt).toEqual(new Date("2026-07-01T12:00:00.500Z"));
    expect(stored.updatedAt.getTime()).toBeGreaterThanOrEqual(stored.createdAt.getTime());
    const [raw] = await mine.query<{ fee_cents: number }[]>(`SELECT fee_cents FROM photo WHERE id = '${id}'`);
    expect(raw?.fee_cents).toBe(7);
  });

  test("the same script loses an update with TypeORM's save, and none with distinct", async () => {
    const script = async (
      load: (side: DataSource, id: string) => Promise<Photo>,
      save: (side: DataSource, photo: Photo) => Promise<unknown>,
    ): Promise<Photo> => {
      const id = await storedPhoto({ views: 10, tags: ["a"] });
      const [a, b] = [await load(mine, id), await load(theirs, id)];
      a.title = "renamed";
      a.views += 1;
      a.tags = ["a", "mine"];
      await save(mine, a);
      b.caption = "captioned";
      b.views += 2;
      b.tags = ["a", "theirs"];
      await save(theirs, b);
      return mine.getRepository(Photo).findOneByOrFail({ id });
    };
    const lost = await script(
      (side, id) => side.getRepository(Photo).findOneByOrFail({ id }),
      (side, photo) => side.getRepository(Photo).save(photo),
    );
    expect(lost).toMatchObject({ title: "before", caption: "captioned", views: 12, tags: ["a", "theirs"] });

    const repositories = new Map([mine, theirs].map((side) => [side, photosOf(side)]));
    const kept = await script(
      (side, id) => repositories.get(side)!.get(id),
      (side, photo) => repositories.get(side)!.save(photo),
    );
    expect(kept).toMatchObject({ title: "renamed", caption: "captioned", views: 13, version: 3 });
    expect(new Set(kept.tags)).toEqual(new Set(["a", "mine", "theirs"]));
  });

  test("others' changes show after a save, and an overlap is a conflict", async () => {
    const [ours, others] = [photosOf(mine), photosOf(theirs)];
    const id = await storedPhoto({ metadata: { a: 1, b: { c: 1 } }, address: { street: "s", city: "x" } as Place });
    const [a, b] = [await ours.get(id), await others.get(id)];
    a.metadata!.a = 2;
    a.address.city = "mine";
    await ours.save(a);
    (b.metadata!.b as { c: number }).c = 2;
    b.address.street = "theirs";
    await others.save(b);
    expect(b).toMatchObject({
      metadata: { a: 2, b: { c: 2 } },
      address: { street: "theirs", city: "mine" },
      version: 3,
    });
    const [c, d] = [await ours.get(id), await others.get(id)];
    c.title = "c";
    await ours.save(c);
    d.title = "d";
    await expect(others.save(d)).rejects.toMatchObject({
      code: "CONFLICT",
      record: "Photo",
      overlaps: [{ path: "title", mine: "d", theirs: "c", original: "before" }],
    });
    expect(d).toMatchObject({ title: "d", version: 3 });
  });

  test("owned children are added, edited and dropped by several at once", async () => {
    const [ours, others] = [photosOf(mine), photosOf(theirs)];
    const label = (name: string): Label => Object.assign(new Label(), { name });
    const photo = ours.create({
      title: "family",
      labels: [{ name: "a" }, { name: "b" }, { name: "c", weight: 3 }] as Label[],
    });
    await ours.add(photo);
    expect(photo.labels[0]).toBeInstanceOf(Label);
    const [a, b] = [await ours.get(photo.id), await others.get(photo.id)];
    expect(a.labels.map(({ name, weight, photoId }) => [name, weight, photoId === photo.id])).toEqual([
      ["a", 1, true],
      ["b", 1, true],
      ["c", 3, true],
    ]);
    const kept = b.labels[2]!;
    a.labels.push(label("d"));
    a.labels[0]!.weight = 10;
    const note = Object.assign(new Note(), { body: "n" });
    a.notes.push(note);
    await ours.save(a);
    expect(note.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(note.writtenAt).toBeInstanceOf(Date);
    b.labels = b.labels.filter(({ name }) => name !== "b");
    b.labels.push(label("e"));
    kept.weight = 4;
    b.title = "changed";
    await others.save(b);
    expect(b.labels.map(({ name, weight }) => `${name}${weight}`).sort()).toEqual(["a10", "c4", "d1", "e1"]);
    expect(b.labels).toContain(kept);
    expect(b.notes).toEqual([expect.objectContaining({ id: note.id, body: "n" })]);
    expect(b.notes[0]).toBeInstanceOf(Note);
    const stored = await mine.getRepository(Photo).findOneOrFail({
      where: { id: photo.id },
      relations: { labels: true, notes: true },
    });
    expect(stored.labels.map(({ name, weight }) => `${name}${weight}`).sort()).toEqual(["a10", "c4", "d1", "e1"]);
    expect(stored.notes).toHaveLength(1);
    expect((await others.save(b)).written).toBe(false);
    await others.remove(b);
    expect(await mine.getRepository(Note).countBy({ id: note.id })).toBe(0);
    expect(await ours.find(photo.id)).toBeUndefined();
  });

  test("many writers at once: every increment and every child is there at the end", async () => {
    const id = await storedPhoto({ metadata: {} });
    const writers = [photosOf(mine), photosOf(theirs), photosOf(mine), photosOf(theirs)];
    const rounds = 8;
    await Promise.all(
      writers.map(async (photos, writer) => {
        for (let round = 0; round < rounds; round++) {
          await photos.update(id, (photo) => {
            photo.views += 1;
            photo.metadata![`w${writer}`] = round;
            photo.labels.push(Object.assign(new Label(), { name: `${writer}-${round}` }));
          });
        }
      }),
    );
    const photo = await photosOf(mine).get(id);
    expect(photo).toMatchObject({ views: writers.length * rounds, version: writers.length * rounds + 1 });
    expect(photo.metadata).toEqual({ w0: rounds - 1, w1: rounds - 1, w2: rounds - 1, w3: rounds - 1 });
    expect(photo.labels).toHaveLength(writers.length * rounds);
  });

  test("faults of children are told by key, and nothing is written", async () => {
    const photos = photosOf(mine);
    const photo = photos.create({ title: "x" });
    await photos.add(photo);
    photo.labels.push(Object.assign(new Label(), { name: "twice" }), Object.assign(new Label(), { name: "twice" }));
    await expect(photos.save(photo)).rejects.toThrow(/only one child of the key \\"twice\\"|only one child of the key/);
    photo.labels.pop();
    photo.labels.push(new Label());
    await expect(photos.save(photo)).rejects.toThrow(/name: a value is required/);
    photo.labels.pop();
    expect(await photos.save(photo)).toMatchObject({ written: true, version: photo.version });
    expect((await photos.get(photo.id)).labels.map(({ name }) => name)).toEqual(["twice"]);
  });

  test("new entities get what their class, column or key generates", async () => {
    const photos = photosOf(mine);
    const photo = Object.assign(new Photo(), { title: "new" });
    await photos.add(photo);
    expect(photo).toMatchObject({ views: 0, hidden: false, state: "draft", tags: null, address: { street: "" } });
    expect(photo.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(photo.createdAt).toBeInstanceOf(Date);
    expect(photo.version).toBe(photos.versionOf(photo));
    const stored = await mine.getRepository(Photo).findOneByOrFail({ id: photo.id });
    expect({ ...photo, labels: undefined, notes: undefined }).toEqual({ ...stored });
    photo.title = "again";
    await photos.save(photo);
    await expect(photos.add(Object.assign(new Photo(), { id: photo.id, title: "" }))).rejects.toMatchObject({
      code: "RECORD_EXISTS",
    });
  });

  test("composite keys", async () => {
    const members = distinct(mine, Membership, { random: () => 0, policies: { logins: "sum" } });
    await members.add(Object.assign(new Membership(), { team: "t", person: 1 }));
    await members.update({ team: "t", person: 1 }, (member) => void (member.logins += 1));
    const member = await members.get({ team: "t", person: 1 });
    expect(member).toMatchObject({ role: "reader", logins: 1 });
    expect(member.version).toBe(2);
    expect(await members.find({ team: "t", person: 2 })).toBeUndefined();
  });

  test("keys that the database counts are read and written, not added", async () => {
    const counters = distinct(mine, Counter);
    await expect(counters.add(new Counter())).rejects.toThrow(/id/);
    const { id } = await mine.getRepository(Counter).save({ name: "one" });
    await counters.update(id, (counter) => void (counter.name = "two"));
    expect(await counters.get(id)).toMatchObject({ name: "two", version: 2 });
  });

  test("an EntitySchema without a class gives plain objects", async () => {
    const cameras = distinct(mine, CameraSchema);
    await cameras.add({ id: "x", model: "M", settings: { iso: 1 }, version: 0 });
    await cameras.update("x", (camera) => void (camera.settings.iso = 2));
    expect({ ...(await cameras.get("x")) }).toEqual({
      id: "x",
      model: "M",
      settings: { iso: 2 },
      version: expect.any(Number) as number,
    });
  });

  test("soft-deleted rows are not found, nor written", async () => {
    const photos = photosOf(mine);
    const id = await storedPhoto();
    const photo = await photos.get(id);
    await theirs.getRepository(Photo).softDelete(id);
    expect(await photos.find(id)).toBeUndefined();
    photo.title = "late";
    await expect(photos.save(photo)).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
    await theirs.getRepository(Photo).restore(id);
    const restored = await photos.get(id);
    restored.deletedAt = new Date();
    await photos.save(restored);
    expect(await photos.find(id)).toBeUndefined();
    expect(await theirs.getRepository(Photo).existsBy({ id })).toBe(false);
  });

  test("a soft-deleted row is no place for a new one, by itself, in a batch, in a unit, and that is said", async () => {
    const photos = photosOf(mine);
    const [alive, deleted] = [await storedPhoto(), await storedPhoto()];
    await theirs.getRepository(Photo).softDelete(deleted);
    const again = (id: string): Photo => photos.create({ id, title: "again" });
    const refusal = {
      code: "RECORD_EXISTS",
      message: `Photo ${deleted}: the id is taken by a record that is deleted`,
    };
    await expect(photos.add(again(deleted))).rejects.toMatchObject(refusal);
    await expect(photos.addAll([again(randomUUID()), again(alive), again(deleted)])).rejects.toMatchObject({
      code: "RECORD_EXISTS",
      message: `Photo ${alive}, ${deleted} (deleted): the id is taken`,
    });
    const unit = unitOfWork(mine).run(async (tx) => {
      const inside = tx.repository(photos);
      expect(await inside.find(deleted)).toBeUndefined();
      await inside.add(again(deleted));
    });
    await expect(unit).rejects.toMatchObject(refusal);
    const batch = unitOfWork(mine).run(async (tx) => {
      await tx.repository(photos).find(deleted);
      await tx.repository(photos).addAll([again(deleted)]);
    });
    await expect(batch).rejects.toMatchObject({ code: "RECORD_EXISTS" });
    expect(await theirs.getRepository(Photo).findOneBy({ id: alive })).toMatchObject({ title: "before" });
    await theirs.getRepository(Photo).restore(deleted);
    expect(await photos.get(deleted)).toMatchObject({ title: "before" });
  });

  test("values out of range are told by property", async () => {
    const photos = photosOf(mine);
    const photo = await photos.get(await storedPhoto());
    photo.title = "x".repeat(21);
    photo.address = Object.assign(new Place(), { street: null, city: null });
    photo.takenAt = "yesterday" as unknown as Date;
    photo.metadata = new Map() as unknown as Record<string, unknown>;
    await expect(photos.save(photo)).rejects.toMatchObject({
      code: "INVALID_VALUE",
      faults: [
        { path: "title", reason: "at most 20 characters, got a string of 21" },
        { path: "takenAt", reason: "a Date, got string" },
        { path: "metadata", reason: "plain JSON, got an instance of Map" },
        { path: "address.street", reason: "text, got null" },
      ],
    });
  });

  if (backend === "server")
    describe("whatever the data source is set to", () => {
      test.each([
        { timezone: "Z", dateStrings: true },
        { timezone: "+05:30", supportBigNumbers: false, bigNumberStrings: false },
        { extra: { decimalNumbers: true, jsonStrings: true } },
        { isolationLevel: "READ COMMITTED" as const },
      ])("%o", async (settings) => {
        const side = await openDataSource(place().url, settings);
        try {
          const repository = side.getRepository(Photo);
          const takenAt = new Date("2026-07-01T12:00:00.500Z");
          const { id } = await repository.save({
            title: "t",
            takenAt,
            size: "9007199254740993",
            metadata: { a: 1 },
            price: "1.5",
          });
          const photos = distinct(side, Photo);
          const photo = await photos.get(id);
          expect(photo).toMatchObject({ takenAt, size: "9007199254740993", metadata: { a: 1 }, price: "1.50" });
          expect(photos.changes(photo).changes).toEqual([]);
          photo.takenAt = new Date("2026-12-01T12:00:00.250Z");
          photo.labels.push(Object.assign(new Label(), { name: "l" }));
          await photos.save(photo);
          const stored = await repository.findOneByOrFail({ id });
          expect(new Date(stored.takenAt!)).toEqual(
            settings.dateStrings ? new Date("2026-12-01 12:00:00.250") : photo.takenAt,
          );
        } finally {
          await side.destroy();
        }
      });
    });
});
