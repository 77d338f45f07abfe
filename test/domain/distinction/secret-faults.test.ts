import { describe, expect, test } from "vitest";
import {
  constrained,
  fixed,
  nullable,
  secret,
  withInitial,
} from "../../../domain/distinction/types/attribute-rules.js";
import type { AttributeType } from "../../../domain/distinction/types/attribute-type.js";
import { entries, setOf } from "../../../domain/distinction/types/collection-type.js";
import { DistinctRepository } from "../../../domain/distinction/distinct-repository.js";
import { json } from "../../../domain/distinction/types/json-type.js";
import { decimal, integer } from "../../../domain/distinction/types/number-types.js";
import { oneOf, text } from "../../../domain/distinction/types/text-types.js";
import { recordType } from "../../../domain/distinction/types/record-type.js";
import { MemoryRecordStore } from "../../../infrastructure/memory/memory-record-store.js";
import { FakeClock } from "../../support/fake-clock.js";

const VALUE = "s3cret-value";
const BAD = `${VALUE}-${"x".repeat(40)}`;

const talkative = (value: unknown): string => `not ${JSON.stringify(value)}`;

/** A rule that says too much of what it is given, on both sides of `secret`. */
const TYPES: Readonly<Record<string, AttributeType>> = {
  text: secret(text(20)),
  ruleOutside: constrained(secret(text(100)), talkative),
  ruleInside: secret(constrained(text(100), talkative)),
  ruleOfNullable: constrained(nullable(secret(text(100))), talkative),
  ruleOfInitial: constrained(withInitial(secret(text(100)), ""), (value) =>
    value === "" ? undefined : talkative(value),
  ),
  ruleOfFixed: constrained(fixed(secret(text(100))), talkative),
  twoRules: constrained(
    constrained(secret(text(100)), () => undefined),
    talkative,
  ),
  word: secret(oneOf("a", "b")),
  number: secret(integer()),
  price: secret(decimal(4, 2)),
  document: constrained(secret(json<unknown>()), talkative),
};

describe("faults show no value", () => {
  const refusing = (type: AttributeType) => {
    const thing = recordType({
      name: "thing",
      key: "id",
      attributes: { id: text(5), value: nullable(type) },
      collections: { map: entries(text(100), { value: nullable(type) }), plain: entries(text(100), nullable(type)) },
    });
    const environment = { clock: new FakeClock(), random: Math.random };
    return new DistinctRepository(thing, new MemoryRecordStore(thing), environment);
  };

  test.each(Object.entries(TYPES))("of a secret attribute or field: %s", async (_, type) => {
    const things = refusing(type);
    const thing = things.create({ id: "a" });
    await things.add(thing);
    const edits: ((one: typeof thing) => void)[] = [
      (one) => (one.value = BAD),
      (one) => one.map.set("k", { value: BAD }),
      (one) => one.plain.set("k", BAD),
    ];
    for (const edit of edits) {
      const one = await things.get("a");
      edit(one);
      for (const refused of [things.save(one), things.saveAll([one]), things.explain(one), things.update("a", edit)]) {
        const error = (await refused.catch((reason: unknown) => reason)) as Error & { faults: unknown };
        expect(error).toMatchObject({ code: "INVALID_VALUE" });
        expect([error.message, JSON.stringify(error.faults)].join()).not.toContain(VALUE);
      }
    }
    expect(() => things.create({ id: "b", value: BAD })).toThrow(expect.not.stringContaining(VALUE) as string);
  });

  test("of secret keys of collections, whatever is wrong with them", async () => {
    const key = constrained(secret(text(100)), (given) => (given.startsWith(VALUE) ? talkative(given) : undefined));
    const vault = recordType({
      name: "vault",
      key: "id",
      attributes: { id: text(5) },
      collections: { members: setOf(key), notes: entries(key, text(3)) },
    });
    const vaults = new DistinctRepository(vault, new MemoryRecordStore(vault), {
      clock: new FakeClock(),
      random: Math.random,
    });
    await vaults.add(vaults.create({ id: "a" }));
    const edits: ((one: Awaited<ReturnType<typeof vaults.get>>) => void)[] = [
      (one) => one.members.add(BAD),
      (one) => one.notes.set(BAD, "a"),
      (one) => one.notes.set(BAD, "too long"),
      (one) => one.notes.set(BAD, undefined as never),
      (one) => (one.notes = new Map([[BAD, undefined as never]])),
      (one) => (one.members = new Set([BAD])),
    ];
    for (const edit of edits) {
      const failure = (await vaults.update("a", edit).catch((reason: unknown) => reason)) as Error & {
        faults: unknown;
      };
      expect(failure).toMatchObject({ code: "INVALID_VALUE" });
      expect([failure.message, JSON.stringify(failure.faults)].join()).not.toContain(VALUE);
    }
    const part = await vaults.get("a", { notes: [] });
    expect(() => part.notes.get(BAD)).toThrow(expect.not.stringContaining(VALUE) as string);
    expect(() => vaults.create({ id: "b", members: [BAD] })).toThrow(expect.not.stringContaining(VALUE) as string);
    await expect(vaults.save(part, { force: [["notes", BAD]] })).resolves.toMatchObject({ written: false });
  });
});
