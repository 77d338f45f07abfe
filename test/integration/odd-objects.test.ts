import "reflect-metadata";
import { randomUUID } from "node:crypto";
import type { DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changePath, describeChangeSet } from "../../domain/distinction/diff/change-set.js";
import { DistinctRepository } from "../../domain/distinction/distinct-repository.js";
import { MemoryRecordStore } from "../../infrastructure/memory/memory-record-store.js";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { environment } from "../support/images.js";
import { SHOWS_SECRET, vaultType } from "../support/vault.js";
import { onEveryBackend, onSqlBackends } from "./backends.js";
import { newImage } from "../support/images.js";
import { Label, Note, openDataSource, Photo, Place } from "./entity-fixtures.js";

const frozen = {
  code: "INVALID_VALUE",
  faults: [{ path: "record", reason: expect.stringMatching(/frozen/) as string }],
};

describe("a frozen record cannot show what is stored, and is refused before anything is written", () => {
  onEveryBackend((clients) => {
    test("when it is saved, alone or in a batch, when only its guards are checked, and when it is added", async () => {
      const { a, b } = clients();
      const image = newImage();
      await a.add(image);
      image.name = "edited";
      Object.freeze(image);
      await expect(a.save(image)).rejects.toMatchObject({ ...frozen, id: image.id });
      await expect(a.saveAll([image])).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ id: image.id }] });
      const unedited = Object.freeze(await a.get(image.id));
      await expect(a.save(unedited, { mode: "strict" })).rejects.toMatchObject(frozen);
      expect(await a.save(unedited)).toMatchObject({ written: false });
      const added = Object.freeze(newImage());
      await expect(a.add(added)).rejects.toMatchObject(frozen);
      await expect(a.addAll([added])).rejects.toMatchObject({ code: "INVALID_VALUE" });
      expect(await b.find(added.id)).toBeUndefined();
      expect(b.versionOf(await b.get(image.id))).toBe(1);
    });
  });
});

describe("an entity's object", () => {
  onSqlBackends((place) => {
    let dataSource: DataSource;
    let photos: EntityRepository<Photo>;
    beforeAll(async () => {
      dataSource = await openDataSource(place().url, { synchronize: true });
      photos = distinct(dataSource, Photo, { random: () => 0 });
    });
    afterAll(() => dataSource.destroy());

    async function stored(): Promise<Photo> {
      const photo = photos.create({ title: "t" });
      photo.labels = [Object.assign(new Label(), { name: "a" })];
      await photos.add(photo);
      return photos.get(photo.id);
    }

    test("is refused where it is frozen, and saved where only parts of it are", async () => {
      const photo = await stored();
      photo.address = Object.freeze(Object.assign(new Place(), { street: "s", city: null }));
      photo.labels = Object.freeze([Object.freeze(Object.assign(new Label(), { name: "b", weight: 2 }))]) as Label[];
      await photos.save(photo);
      await photos.update(photo.id, (other) => {
        other.address.city = "c";
        other.labels[0]!.weight = 3;
      });
      photo.title = "new";
      await photos.save(photo);
      expect(photo).toMatchObject({
        title: "new",
        address: { street: "s", city: "c" },
        labels: [{ name: "b", weight: 3 }],
      });
      photo.title = "frozen";
      Object.freeze(photo);
      await expect(photos.save(photo)).rejects.toMatchObject(frozen);
      expect(await photos.get(photo.id)).toMatchObject({ title: "new", version: photo.version });
    });

    test("is refused where its version was set", async () => {
      const photo = await stored();
      const { version } = photo;
      photo.version = 99;
      const refusal = { code: "INVALID_VALUE", id: photo.id, faults: [{ path: "version" }] };
      await expect(photos.save(photo)).rejects.toMatchObject(refusal);
      photo.title = "new";
      await expect(photos.save(photo)).rejects.toMatchObject(refusal);
      photo.version = version;
      await photos.save(photo);
      expect(await photos.get(photo.id)).toMatchObject({ title: "new", version: version + 1 });
    });

    test.each<[string, (photo: Photo) => void, path: string, reason: string]>([
      ["a child that is none", (photo) => photo.labels.push(null as never), "labels[1]", "an object, got null"],
      ["a child without its key", (photo) => photo.labels.push(new Label()), "labels[1]", "name: a value is required"],
      [
        "a child whose key is of another type",
        (photo) => photo.labels.push(Object.assign(new Label(), { name: 5 })),
        "labels[1]",
        "name: text, got number",
      ],
      [
        "two children of one key",
        (photo) => photo.labels.push(Object.assign(new Label(), { name: "a" })),
        "labels[1]",
        'only one child of the key "a"',
      ],
      [
        "a child's field",
        (photo) => photo.notes.push(Object.assign(new Note(), { id: "n", body: 5 })),
        'notes["n"]',
        "body: text, got number",
      ],
    ])("is refused by place where it has %s", async (_, edit, path, reason) => {
      const photo = await stored();
      edit(photo);
      const refused = photos.save(photo);
      await expect(refused).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path, reason }] });
      await expect(refused).rejects.toThrow(
        expect.objectContaining({ message: `Photo ${photo.id}: ${path}: ${reason}` }),
      );
      const added = photos.create({ id: randomUUID(), title: "t", labels: [], notes: [] });
      added.labels.push(Object.assign(new Label(), { name: "a" }));
      edit(added);
      await expect((async () => photos.add(added))()).rejects.toMatchObject({ faults: [{ path, reason }] });
    });
  });
});

test("changes show no secret: no value, no member's name, no key", async () => {
  const vaults = new DistinctRepository(vaultType, new MemoryRecordStore(vaultType), environment);
  await vaults.add(vaults.create({ id: "1", keys: { SECRET: 1 }, codes: ["SECRET"], name: "seen" }));
  const vault = await vaults.get("1");
  vault.name = "shown";
  vault.password = "SECRET";
  vault.keys = { SECRET: 2, other: 3 };
  vault.codes.add("another SECRET");
  vault.codes.delete("SECRET");
  vault.accounts.set("a", { user: "u", token: "SECRET" });
  const changes = vaults.changes(vault);
  expect(JSON.stringify(changes) + describeChangeSet(changes)).not.toMatch(SHOWS_SECRET);
  expect(changes.changes.map(changePath)).toContain('keys["[secret]"]');
  expect(changes.changes).toContainEqual({ kind: "attribute.set", attribute: "name", from: "seen", to: "shown" });
  await vaults.save(vault);
  expect((await vaults.get("1")).keys).toEqual({ SECRET: 2, other: 3 });
});
