import type { DataSource } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distinct, type EntityRepository } from "../../src/composition/distinct.js";
import { onSqlBackends } from "./backends.js";
import { Label, openDataSource, Photo, Place } from "./entity-fixtures.js";

/** In place of an embedded object: what is told of it, and where. */
const NONE = [
  ["a Map", new Map([["street", "x"]]), "address", /an object of its properties, got Map/],
  ["text", "Pier 1", "address", /an object of its properties, got string/],
  ["a number", 5, "address", /an object of its properties, got number/],
  ["an array", ["Pier 1"], "address", /an object of its properties, got an array/],
  ["an object of another class", new Label(), "address", /an object of its properties, got Label/],
  ["a misspelt name beside others", { street: "Pier 1", nope: 1 }, "address.nope", /unknown attribute of Photo/],
  ["a misspelt name alone", { nope: 1 }, "address.nope", /unknown attribute of Photo/],
] as const;

onSqlBackends((place) => {
  let dataSource: DataSource;
  let photos: EntityRepository<Photo>;
  beforeAll(async () => {
    dataSource = await openDataSource(place().url, { synchronize: true });
    photos = distinct(dataSource, Photo);
  });
  afterAll(() => dataSource.destroy());

  async function added(labels: Label[] = []): Promise<Photo> {
    const photo = photos.create({ title: "x", labels });
    await photos.add(photo);
    return photo;
  }

  describe("an embedded object", () => {
    test.each(NONE)("that is %s is refused, and nothing is written", async (_, value, path, reason) => {
      const refusal = {
        code: "INVALID_VALUE",
        faults: [{ path, reason: expect.stringMatching(reason) as string }],
      };
      const photo = await added();
      const version = photo.version;
      photo.title = "not written";
      photo.address = value as unknown as Place;
      await expect(photos.save(photo)).rejects.toMatchObject(refusal);
      expect(await photos.get(photo.id)).toMatchObject({ title: "x", version });
      expect(() => photos.create({ title: "y", address: value as unknown as Place })).toThrow(
        expect.objectContaining(refusal) as Error,
      );
    });

    test("inside another one is told by its whole path", async () => {
      const photo = await added();
      photo.sensor.madeIn = { ciyt: "Kyoto" } as unknown as Place;
      const faults = [{ path: "sensor.madeIn.ciyt", reason: "unknown attribute of Photo" }];
      await expect(photos.save(photo)).rejects.toMatchObject({ faults });
    });

    test("may be plain, of its class, or without prototype", async () => {
      const photo = await added();
      const bare = Object.assign(Object.create(null) as Place, { street: "bare" });
      for (const address of [{ street: "plain" }, Object.assign(new Place(), { street: "own" }), bare] as Place[]) {
        photo.address = address;
        await photos.save(photo);
        expect((await photos.get(photo.id)).address.street).toBe(address.street);
      }
    });
  });

  test.each([
    ["a Set of them", (labels: Label[]) => new Set(labels), "Set"],
    ["an empty Set", () => new Set(), "Set"],
    ["a Map", () => new Map([["a", { weight: 1 }]]), "Map"],
    ["an iterator", (labels: Label[]) => labels.values(), "Array Iterator|Iterator|Object"],
    ["null", () => null, "null"],
    ["text", () => "x", "string"],
  ])("%s in place of an array of children is refused, and deletes none", async (_, given, type) => {
    const photo = await added([{ name: "a" }, { name: "b" }] as Label[]);
    photo.labels = given(photo.labels) as unknown as Label[];
    const refusal = {
      code: "INVALID_VALUE",
      record: "Photo",
      faults: [
        {
          path: "labels",
          reason: expect.stringMatching(new RegExp(`^an array of Label is needed here, got (${type})$`)) as string,
        },
      ],
    };
    await expect(photos.save(photo)).rejects.toMatchObject({ ...refusal, id: photo.id });
    await expect(photos.saveAll([photo])).rejects.toMatchObject({ code: "INVALID_VALUE" });
    expect((await photos.get(photo.id)).labels.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(() => photos.create({ title: "y", labels: given([]) as unknown as Label[] })).toThrow(
      expect.objectContaining(refusal) as Error,
    );
  });

  test("a child that names another owner is refused; its own owner, or none, is taken", async () => {
    const [one, two] = [await added(), await added([{ name: "theirs" }] as Label[])];
    one.labels = [{ name: "a", photoId: one.id }, { name: "b" }] as Label[];
    await photos.save(one);
    one.labels.push(...two.labels);
    await expect(photos.save(one)).rejects.toMatchObject({
      code: "INVALID_VALUE",
      faults: [{ reason: expect.stringContaining(`photoId: its owner's id or nothing, got the string`) as string }],
    });
    for (const photo of [two, two.id as unknown as Photo, { id: two.id } as Photo]) {
      one.labels.splice(2, Infinity, { name: "c", photo } as Label);
      await expect(photos.save(one)).rejects.toMatchObject({
        code: "INVALID_VALUE",
        faults: [{ reason: expect.stringContaining(`photo: its owner's id or nothing, got the string`) as string }],
      });
    }
    expect((await photos.get(one.id)).labels.map(({ name }) => name)).toEqual(["a", "b"]);
    one.labels.splice(2, Infinity, { name: "c", photo: one } as Label);
    await photos.save(one);
    expect((await photos.get(one.id)).labels.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(() => photos.create({ title: "copy", labels: [{ name: "a", photoId: one.id }] as Label[] })).toThrow(
      /photoId: its owner's id or nothing/,
    );
  });
});
