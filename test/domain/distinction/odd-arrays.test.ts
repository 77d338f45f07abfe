import { describe, expect, test } from "vitest";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { setOf } from "../../../domain/distinction/types/collection-type.js";
import { integer } from "../../../domain/distinction/types/number-types.js";
import { recordType } from "../../../domain/distinction/types/record-type.js";
import { text } from "../../../domain/distinction/types/text-types.js";
import { MemoryRecordStore } from "../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../support/fake-clock.js";

const seatType = recordType({
  name: "seat",
  key: ["row", "no"],
  attributes: { row: text(9), no: integer(0), price: integer(0) },
  collections: { tags: setOf(text(9)) },
});
type Seats = DistinctRepository<typeof seatType>;

async function seatsWithOne() {
  const environment = { clock: new FakeClock(), random: () => 0, firstVersion: () => 1 };
  const seats: Seats = new DistinctRepository(seatType, new MemoryRecordStore(seatType), environment);
  const seat = seats.create({ row: "a", no: 1, price: 5 });
  await seats.add(seat);
  seat.price = 6;
  return { seats, seat };
}
type Place = Awaited<ReturnType<typeof seatsWithOne>>;

/** `[<hole>, value]`. */
function behindHole(value: unknown): never {
  const array: unknown[] = [];
  array[1] = value;
  return array as never;
}

function revoked(target: object): never {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy as never;
}

async function expectRefused(work: () => Promise<unknown>, path: string, reason: RegExp): Promise<void> {
  const fault = { path, reason: expect.stringMatching(reason) as string };
  await expect((async () => work())()).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [fault] });
}

const id = { row: "a", no: 1 };
const LISTS: readonly [what: string, path: string, use: (place: Place, listed: (value: unknown) => never) => Promise<unknown>][] = [
  ["ids", "ids", ({ seats }, listed) => seats.getMany(listed(id))],
  ["records to save", "records", ({ seats, seat }, listed) => seats.saveAll(listed(seat))],
  ["records to add", "records", ({ seats }, listed) => seats.addAll(listed(seats.create({ row: "b", no: 1, price: 1 })))],
  ["orders", "sort", ({ seats }, listed) => seats.list({ sort: listed({ by: "price" }) })],
  ["conditions", "where", ({ seats }, listed) => seats.list({ where: listed({ price: { eq: 5 } }) })],
  ["compared values", "price.in", ({ seats }, listed) => seats.list({ where: { price: { in: listed(5) } } })],
  ["keys of a scope", "scope.tags", ({ seats }, listed) => seats.get(id, { tags: listed("t") })],
  ["forced names", "force", ({ seats, seat }, listed) => seats.save(seat, { force: listed("price") })],
  ["a forced entry", "force", ({ seats, seat }, listed) => seats.save(seat, { force: [listed("tags")] })],
  ["guards of a save", "expect", ({ seats, seat }, listed) => seats.save(seat, { expect: listed("price") })],
  ["guards of a removal", "expect", ({ seats, seat }, listed) => seats.remove(seat, { expect: listed("price") })],
]; // prettier-ignore

describe("an array with a hole is refused, and the place of the hole told:", () => {
  test.each(LISTS)("%s", async (what, path, use) => {
    const place = await seatsWithOne();
    const reason = what === "a forced entry" ? /got an array at \[0\]$/ : /got a hole at \[0\]$/;
    await expectRefused(() => use(place, behindHole), path, reason);
    expect(place.seats.versionOf(place.seat)).toBe(1);
  });
});

describe("what cannot even be looked at is refused as such:", () => {
  test.each(LISTS)("%s", async (what, path, use) => {
    const place = await seatsWithOne();
    const reason = what === "a forced entry" ? /got an object that cannot be read at \[0\]$/ : /got an object that cannot be read$/;
    await expectRefused(() => use(place, () => revoked([])), path, reason);
    expect(place.seats.versionOf(place.seat)).toBe(1);
  }); // prettier-ignore

  test("options, and records", async () => {
    const { seats, seat } = await seatsWithOne();
    await expectRefused(() => seats.save(seat, revoked({})), "options", /cannot be read$/);
    await expectRefused(() => seats.save(revoked(seat)), "record", /cannot be read$/);
    await expectRefused(() => seats.add(revoked({})), "record", /cannot be read$/);
  });
});

describe("of several, the place of each that is none is told:", () => {
  test("ids and records", async () => {
    const { seats, seat } = await seatsWithOne();
    await expectRefused(() => seats.getMany([id, { row: "a", no: "2" } as never]), "[1].no", /an integer, got string/);
    await expectRefused(() => seats.saveAll([seat, undefined as never]), "[1].record", /an object, got undefined/);
  });
});

test("an id that cannot be read is refused as such by whatever takes one", async () => {
  const { seats } = await seatsWithOne();
  const reason = /^an id, got an object that cannot be read$/;
  for (const unreadable of [
    revoked({}),
    Object.defineProperty({ no: 1 }, "row", {
      get: () => {
        throw new Error("no");
      },
    }) as never,
  ]) {
    // prettier-ignore
    await expectRefused(() => seats.get(unreadable), "id", reason);
    await expectRefused(() => seats.getMany([unreadable]), "[0].id", reason);
    await expectRefused(() => seats.update(unreadable, () => undefined), "id", reason);
    await expectRefused(() => seats.list({ after: unreadable }), "id", reason);
  }
});

describe("members of an id that are no part of the key are refused by name", () => {
  test("by whatever takes an id", async () => {
    const { seats } = await seatsWithOne();
    const more = { ...id, price: 5 } as never;
    const reason = /^is no part of the key row, no$/;
    await expectRefused(() => seats.get(more), "price", reason);
    await expectRefused(() => seats.find(more), "price", reason);
    await expectRefused(() => seats.getMany([more]), "[0].price", reason);
    await expectRefused(() => seats.update(more, () => undefined), "price", reason);
    await expectRefused(() => seats.list({ after: more }), "price", reason);
  });

  test("of a misspelt part, both what is there and what is missing", async () => {
    const { seats } = await seatsWithOne();
    const misspelt = seats.get({ row: "a", nr: 1 } as never);
    await expect(misspelt).rejects.toMatchObject({ faults: [{ path: "nr" }, { path: "no" }] });
  });

  test("but not of an instance of a class, which may have members that are no columns", async () => {
    class Seat {
      readonly row = "a";
      readonly no = 1;
      readonly price = 7;
    }
    const { seats } = await seatsWithOne();
    expect(await seats.get(new Seat())).toMatchObject({ price: 5 });
  });
});
