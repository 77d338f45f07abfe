import fc from "../../support/fast-check.js";
import { describe, expect, it } from "vitest";
import { SnapshotHead } from "../../../domain/tuf/snapshot-head.js";
import { mergeSnapshot } from "../../../domain/tuf/snapshot-merge.js";

const codec = { members: (value: object) => JSON.stringify(value).slice(1, -1) };
const roles = fc.constantFrom("targets", "bins-0", "bins-1", "bins-2", "constructor");
const versions = fc.integer({ min: 1, max: 9 });
const heads = fc.array(fc.tuple(roles, versions)).map((entries) => new Map<string, number>(entries));
const pendings = fc.array(fc.record({ role: roles, metadataVersion: versions }));

describe("snapshot merge", () => {
  it("loses no entry, lowers no version, and holds everything pending", () => {
    fc.assert(
      fc.property(heads, pendings, (before, pending) => {
        const { head, changed } = mergeSnapshot(SnapshotHead.of(before, codec), pending);
        for (const [role, version] of before) expect(head.versionOf(role)).toBeGreaterThanOrEqual(version);
        for (const { role, metadataVersion } of pending) {
          expect(head.versionOf(role)).toBeGreaterThanOrEqual(metadataVersion);
        }
        for (const [role, { from, to }] of changed) {
          expect(from).toBe(before.get(role) ?? 0);
          expect(head.versionOf(role)).toBe(to);
          expect(to).toBeGreaterThan(from);
        }
        for (const [role, version] of before) if (!changed.has(role)) expect(head.versionOf(role)).toBe(version);
      }),
    );
  });

  it("does not depend on the order of what is pending", () => {
    fc.assert(
      fc.property(heads, pendings, (before, pending) => {
        const head = SnapshotHead.of(before, codec);
        const reversed = mergeSnapshot(head, [...pending].reverse());
        expect(reversed.head.members).toEqual(mergeSnapshot(head, pending).head.members);
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN])("reports a pending version of %s as corrupt", (metadataVersion) => {
    const head = SnapshotHead.of(new Map(), codec);
    expect(() => mergeSnapshot(head, [{ role: "bins-0", metadataVersion }])).toThrow(
      expect.objectContaining({ code: "CORRUPT_REPOSITORY" }),
    );
  });
});
