import { describe, expect, test } from "vitest";
import { DistinctRepository } from "../../../../domain/distinction/distinct-repository.js";
import type { GuardRule } from "../../../../domain/distinction/merge/guard.js";
import { binary } from "../../../../domain/distinction/types/binary-type.js";
import { entries } from "../../../../domain/distinction/types/collection-type.js";
import { json } from "../../../../domain/distinction/types/json-type.js";
import { integer } from "../../../../domain/distinction/types/number-types.js";
import { recordType, type Edit } from "../../../../domain/distinction/types/record-type.js";
import { text } from "../../../../domain/distinction/types/text-types.js";
import { MemoryRecordStore } from "../../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../../support/fake-clock.js";

const attributes = { id: text(9), v: integer(), meta: json<{ list: number[] }>(), bytes: binary(9) };
const collections = { e: entries(text(9), integer()) };
type Note = { v: number };
interface Rules {
  readonly guards?: GuardRule;
  readonly validate?: (record: Note, edit?: Edit) => [];
}

/** A note `1` that was stored before any rules were in force. */
async function notes(rules: Rules) {
  const type = recordType({ name: "note", key: "id", attributes, collections });
  const environment = { clock: new FakeClock(), random: () => 0, firstVersion: () => 1 };
  const store = new MemoryRecordStore(type);
  const plain = new DistinctRepository(type, store, environment);
  await plain.add(plain.create({ id: "1", v: 1, meta: { list: [1] }, bytes: new Uint8Array([1]), e: [["k", 1]] }));
  const ruled = { ...type, ...rules } as typeof type;
  return { plain, ruled: new DistinctRepository(ruled, store, environment) };
}

/** Spoils whatever it can get hold of. */
function spoil(before: Edit["before"], changes: readonly object[]): void {
  (changes as object[]).push({ kind: "attribute.set", attribute: "v", from: 1, to: 77 });
  for (const change of changes as { to?: unknown }[]) {
    if (Array.isArray(change.to)) change.to.push(77);
    if (change.to instanceof Uint8Array) change.to[0] = 77;
    change.to = 77;
  }
  (before.attributes["bytes"] as Uint8Array)[0] = 50;
  Object.assign(before.attributes, { v: 50 });
}

describe("a record type's own functions", () => {
  test.each<[string, Rules]>([
    ["guards", { guards: (before, changes) => (spoil(before, changes as object[]), []) }],
    ["validate", { validate: (_, edit) => (edit && spoil(edit.before, edit.changes), []) }],
  ])("%s that change what they are given change nothing that is written", async (_, rules) => {
    const { plain, ruled } = await notes(rules);
    const [note, other] = [await ruled.get("1"), await plain.get("1")];
    note.v = 3;
    note.meta.list.push(2);
    note.bytes = new Uint8Array([7, 8]);
    note.e.set("k", 5);
    await ruled.save(note);
    expect(ruled.changes(note).changes).toEqual([]);
    other.e.set("l", 1);
    await plain.save(other); // stale, as is the next
    note.v = 4;
    await ruled.save(note);
    expect(await plain.get("1")).toMatchObject({ v: 4, meta: { list: [1, 2] }, bytes: new Uint8Array([7, 8]) });
    expect([...(await plain.get("1")).e]).toEqual([
      ["k", 5],
      ["l", 1],
    ]);
  });

  test.each<[string, Rules["validate"] & object]>([
    ["answers a promise", (note) => ((note.v = 99), Promise.resolve([]) as never)],
    [
      "throws",
      (note) => {
        note.v = 99;
        throw new Error("of its author");
      },
    ],
  ])("validate that assigns and %s leaves the object as its caller left it", async (_, validate) => {
    const { ruled } = await notes({ validate });
    const note = await ruled.get("1");
    note.v = 3;
    await expect(ruled.save(note)).rejects.toThrow();
    expect(note.v).toBe(3);
  });

  test("validate that assigns is refused by the attribute's name, and the object is as its caller left it", async () => {
    const { plain, ruled } = await notes({ validate: (note) => ((note.v = 99), []) });
    const note = await ruled.get("1");
    note.v = 3;
    const refused = { code: "INVALID_VALUE", faults: [{ path: "v", reason: "is not for validate to change" }] };
    await expect(ruled.save(note)).rejects.toMatchObject(refused);
    expect([note.v, (await plain.get("1")).v]).toEqual([3, 1]);
    const added = ruled.create({ id: "2", v: 2, meta: { list: [] }, bytes: new Uint8Array() });
    await expect(ruled.add(added)).rejects.toMatchObject(refused);
    expect([added.v, await plain.find("2")]).toEqual([2, undefined]);
  });

  test("what validate changes within a value is not written with what it looked at: it is the next edit", async () => {
    const rule = ({ meta }: { meta: { list: number[] } }): [] => (meta.list.length === 1 && meta.list.push(99), []);
    const { plain, ruled } = await notes({ validate: rule as never });
    const note = await ruled.get("1");
    note.v = 3;
    await ruled.save(note);
    expect(await plain.get("1")).toMatchObject({ v: 3, meta: { list: [1] } });
    expect(ruled.changes(note).changes).toMatchObject([{ kind: "json.set", path: ["list"], to: [1, 99] }]);
    await ruled.save(note);
    expect(await plain.get("1")).toMatchObject({ meta: { list: [1, 99] } });
  });

  test.each<["guards" | "validate", () => unknown, string]>([
    ["guards", async () => [], "Promise"],
    ["validate", async () => [], "Promise"],
    ["validate", () => Promise.reject(new Error("nobody waits for it")), "Promise"],
    ["validate", () => true, "boolean"],
    ["guards", () => "none", "string"],
  ])("%s that answer no array are refused by name: %s", async (rule, answer, got) => {
    const { plain, ruled } = await notes({ [rule]: answer });
    const note = await ruled.get("1");
    note.v = 3;
    const reason = `has to answer an array, and at once, got ${got}`;
    await expect(ruled.save(note)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: rule, reason }] });
    expect([note.v, (await plain.get("1")).v]).toEqual([3, 1]);
  });

  test.each<["guards" | "validate", unknown, string]>([
    ["validate", null, "null"],
    ["validate", "v is odd", "string"],
    ["validate", { path: {}, reason: "is odd" }, "Object"],
    ["guards", undefined, "undefined"],
    ["guards", { reason: "is odd" }, "Object"],
  ])("%s that answer [%j] are refused by name", async (rule, element, got) => {
    const { plain, ruled } = await notes({ [rule]: () => [element] });
    const note = await ruled.get("1");
    note.v = 3;
    const reason = `has to answer objects with ${rule === "guards" ? "attribute" : "path"} and reason as text, got ${got}`;
    await expect(ruled.save(note)).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: rule, reason }] });
    expect([note.v, (await plain.get("1")).v]).toEqual([3, 1]);
  });

  test("validate is not blamed for properties that are another object whenever they are read", async () => {
    const { plain, ruled } = await notes({ validate: () => [] });
    const note = await ruled.get("1");
    let { meta } = note;
    Object.defineProperty(note, "meta", { get: () => structuredClone(meta), set: (value) => (meta = value as never) });
    note.v = 3;
    note.meta = { list: [2] };
    await ruled.save(note);
    expect(await plain.get("1")).toMatchObject({ v: 3, meta: { list: [2] } });
  });

  test("may answer nothing", async () => {
    const { plain, ruled } = await notes({ validate: (() => undefined) as never, guards: (() => null) as never });
    await ruled.update("1", (note) => void (note.v = 3));
    expect((await plain.get("1")).v).toBe(3);
  });
});
