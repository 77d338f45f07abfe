import "reflect-metadata";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { instantValue } from "../../infrastructure/persistence/entities/entity-instant.js";
import { distinct } from "../../src/composition/distinct.js";
import { FakeClock } from "../support/fake-clock.js";
import { onServer } from "./backends.js";
import { openDataSource, Photo, type Note } from "./entity-fixtures.js";

const read = (zone: string, column: string): Date => {
  const { type, codec } = instantValue(zone, 3);
  return type.expose(codec.decode(column)) as Date;
};
const written = (zone: string, time: string): unknown => {
  const { type, codec } = instantValue(zone, 3);
  return codec.encode(type.capture(new Date(time)));
};

describe.each([
  ["Europe/Berlin", "1850-01-01T00:00:00.123Z", "1850-01-01 00:53:28.123"],
  ["Europe/Berlin", "2026-03-29T01:00:00.000Z", "2026-03-29 03:00:00.000"],
  ["America/Sao_Paulo", "1913-12-31T12:00:00.000Z", "1913-12-31 08:53:32.000"],
  ["America/Sao_Paulo", "1969-12-31T23:59:59.500Z", "1969-12-31 20:59:59.500"],
  ["Asia/Kolkata", "9999-12-30T23:59:59.999Z", "9999-12-31 05:29:59.999"],
])("the clock of %s", (clock, time, shown) => {
  let before: string | undefined;
  beforeEach(() => {
    before = process.env.TZ;
    process.env.TZ = clock;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });

  test(`shows ${time} as ${shown}, to the second`, () => {
    expect(written("local", time)).toBe(shown);
    expect(read("local", shown)).toEqual(new Date(time));
  });
});

describe("the hour that comes twice when summer time ends", () => {
  let before: string | undefined;
  beforeEach(() => {
    before = process.env.TZ;
    process.env.TZ = "Europe/Berlin";
  });
  afterEach(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });
  const first = new Date("2026-10-25T00:30:00.250Z");
  const second = new Date("2026-10-25T01:30:00.250Z");

  test("is refused by a local clock where it comes for the second time, and taken by clocks that count on", () => {
    const { fault } = instantValue("local", 3).type;
    expect(fault(second)).toMatch(/only once .*got the Date 2026-10-25T01:30:00.250Z/);
    for (const time of [first, new Date("2026-10-24T23:59:59.999Z"), new Date("2026-10-25T02:00:00Z")]) {
      expect(fault(time)).toBeUndefined();
    }
    for (const zone of ["Z", "+01:00"]) expect(instantValue(zone, 3).type.fault(second)).toBeUndefined();
  });

  onServer((place) => {
    test("a caller's time is refused before it would be another one, times that are set here are as they will be read", async () => {
      const clock = new FakeClock(second.getTime());
      const dataSource = await openDataSource(place().url, { timezone: "local", synchronize: true });
      onTestFinished(() => dataSource.destroy());
      const photos = distinct(dataSource, Photo, { clock, random: () => 0 });
      const photo = photos.create({ title: "t", notes: [{ body: "b" }] as Note[] });
      await photos.add(photo);
      photo.title = "u";
      await photos.save(photo);
      expect(photo).toMatchObject({ createdAt: first, updatedAt: first, notes: [{ writtenAt: first }] });
      const stored = await photos.get(photo.id);
      expect([stored.createdAt, stored.updatedAt, stored.notes[0]!.writtenAt]).toEqual([first, first, first]);
      photo.takenAt = second;
      await expect(photos.save(photo)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: "takenAt" }] });
      photo.takenAt = first;
      await photos.save(photo);
      expect((await photos.get(photo.id)).takenAt).toEqual(first);
    });
  });
});

test.each(["local", "Z", "+05:30"])("%s: a day that is in no calendar is no time", (zone) => {
  for (const day of ["0000-00-00", "2026-00-00", "2026-01-00", "2026-02-31", "2026-13-01"]) {
    expect(read(zone, `${day} 00:00:00`).getTime()).toBeNaN();
    expect(read(zone, day).getTime()).toBeNaN();
  }
  expect(read(zone, "2024-02-29 12:00:00").getTime()).not.toBeNaN();
});

test("the first hundred years are not those of the last century", () => {
  expect(read("Z", "0050-06-01 00:00:00")).toEqual(new Date("0050-06-01T00:00:00Z"));
  expect(read("+01:00", "0001-01-02 00:00:00")).toEqual(new Date("0001-01-01T23:00:00Z"));
  expect(read("local", "0099-06-01 00:00:00").getFullYear()).toBe(99);
});
