import fc from "../../support/fast-check.js";
import { describe, expect, it } from "vitest";
import { SnapshotHead } from "../../../domain/tuf/snapshot-head.js";

const codec = { members: (value: object) => JSON.stringify(value).slice(1, -1) };
const text = ({ members }: SnapshotHead) => new TextDecoder().decode(members);

/** What a head must say, written without pieces. */
function expected(versions: ReadonlyMap<string, number>): string {
  const entries = [...versions].map(([role, version]) => [`${role}.json`, { version }] as const);
  entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([name, entry]) => `"${name}":${JSON.stringify(entry)}`).join();
}

const roles = fc.oneof(
  fc.integer({ min: 0, max: 700 }).map((index) => `bins-${index.toString(16).padStart(3, "0")}`),
  fc.constantFrom("targets", "a", "z", "bins", "constructor"),
);
const changes = fc.array(fc.tuple(roles, fc.integer({ min: 1, max: 99 }))).map((entries) => new Map(entries));

describe("the head of a snapshot", () => {
  const many = new Map(Array.from({ length: 600 }, (_, index) => [`bins-${index.toString(16).padStart(3, "0")}`, 1]));

  it("has the text of all its entries in canonical order, however it came about", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(changes, { maxLength: 5 }), (isLarge, steps) => {
        const versions = new Map(isLarge ? many : []);
        let head = SnapshotHead.of(versions, codec);
        for (const step of steps) {
          for (const [role, version] of step) versions.set(role, version);
          head = head.with(step);
          expect(text(head)).toBe(expected(versions));
        }
        for (const [role, version] of versions) expect(head.versionOf(role)).toBe(version);
        expect(head.versionOf("nobody")).toBe(0);
      }),
    );
  });

  it("stays as it was when another is made of it", () => {
    const head = SnapshotHead.of(many, codec);
    const before = text(head);
    head.with(new Map([["bins-001", 7]]));
    expect(text(head)).toBe(before);
    expect(head.versionOf("bins-001")).toBe(1);
  });
});
