import { expect, test } from "vitest";
import type { AttributeType } from "../../../../domain/distinction/types/attribute-type.js";
import { entries, listOf } from "../../../../domain/distinction/types/collection-type.js";
import { DistinctRepository } from "../../../../domain/distinction/distinct-repository.js";
import { recordType } from "../../../../domain/distinction/types/record-type.js";
import { text } from "../../../../domain/distinction/types/text-types.js";
import { MemoryRecordStore } from "../../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../../support/fake-clock.js";

/** How often values of a type are looked at, whatever for. */
function counted(type: AttributeType<string>): { readonly type: AttributeType<string>; readonly looks: () => number } {
  let looks = 0;
  const looked = new Proxy(type, {
    get: (target, name) => {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== "function") return member;
      return (...given: unknown[]): unknown => {
        looks++;
        return member.apply(target, given) as unknown;
      };
    },
  });
  return { type: looked, looks: () => looks };
}

/** Looks at values while one entry of `size` is changed and saved, then while one is added. */
async function looksOf(collection: "map" | "list", size: number): Promise<number[]> {
  const value = counted(text(20));
  const fields = { title: value.type };
  const kinds = { map: entries(text(10), fields), list: listOf(text(10), fields) };
  const album = recordType({
    name: "album",
    key: "id",
    attributes: { id: text(5) },
    collections: { pictures: kinds[collection] as typeof kinds.map },
  });
  const albums = new DistinctRepository(album, new MemoryRecordStore(album), {
    clock: new FakeClock(),
    random: Math.random,
  });
  const pictures = Array.from({ length: size }, (_, index) => [`k${index}`, { title: "old" }] as const);
  await albums.add(albums.create({ id: "a", pictures }));
  const one = await albums.get("a");
  const before = value.looks();
  one.pictures.set("k3", { title: "new" });
  expect(await albums.save(one)).toMatchObject({ written: true });
  const changed = value.looks();
  one.pictures.set("added", { title: "new" });
  expect(await albums.save(one)).toMatchObject({ written: true });
  return [changed - before, value.looks() - changed];
}

test.each(["map", "list"] as const)(
  "a save looks at the entries of a %s that were touched, however many there are",
  async (kind) => {
    const few = await looksOf(kind, 10);
    expect(few.every((looks) => looks > 0)).toBe(true);
    expect(await looksOf(kind, 10_000)).toEqual(few);
  },
);
