import { describe, expect, test } from "vitest";
import { ObjectMemory } from "../../../../domain/distinction/record/object-memory.js";

describe("what is remembered beside an object", () => {
  test("is known to whoever remembered it, and the last value counts", () => {
    const [mine, yours] = [new ObjectMemory<string>(), new ObjectMemory<string>()];
    const object = {};
    mine.set(object, "a");
    yours.set(object, "b");
    mine.set(object, "c");
    expect([mine.get(object), yours.get(object)]).toEqual(["c", "b"]);
    expect(new ObjectMemory<string>().get(object)).toBeUndefined();
    expect(mine.get({})).toBeUndefined();
  });

  test("is seen by nobody, and not copied", () => {
    const memory = new ObjectMemory<string>();
    const object = { name: "x" };
    memory.set(object, "a");
    expect(Reflect.ownKeys(object)).toEqual(["name"]);
    expect(memory.get({ ...object })).toBeUndefined();
    expect(memory.get(structuredClone(object))).toBeUndefined();
    expect(memory.get(Object.create(object) as object)).toBeUndefined();
  });

  test.each([
    ["frozen", Object.freeze({})],
    ["without a prototype", Object.create(null) as object],
    ["a proxy", new Proxy({}, {})],
  ])("may be about an object that is %s", (_, object) => {
    const memory = new ObjectMemory<string>();
    memory.set(object, "a");
    expect(memory.get(object)).toBe("a");
  });

  test.each([null, undefined, 5, "x"])("is nothing about %s", (value) => {
    expect(new ObjectMemory<string>().get(value)).toBeUndefined();
  });
});
