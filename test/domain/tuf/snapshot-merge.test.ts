import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeSnapshot } from "../../../domain/tuf/snapshot-merge.js";

const roles = fc.constantFrom("targets", "bins-0", "bins-1", "bins-2", "constructor");
const versions = fc.integer({ min: 1, max: 9 });
const heads = fc.array(fc.tuple(roles, versions)).map((entries) => new Map<string, number>(entries));
const pendings = fc.array(fc.record({ role: roles, metadataVersion: versions }));

describe("snapshot merge", () => {
  it("loses no entry, lowers no version, and holds everything pending", () => {
    fc.assert(
      fc.property(heads, pendings, (head, pending) => {
        const { meta, changed } = mergeSnapshot(head, pending);
        for (const [role, version] of head) expect(meta.get(role)).toBeGreaterThanOrEqual(version);
        for (const { role, metadataVersion } of pending) {
          expect(meta.get(role)).toBeGreaterThanOrEqual(metadataVersion);
        }
        const differing = [...meta].filter(([role, version]) => head.get(role) !== version);
        expect(new Map(differing)).toEqual(changed);
      }),
    );
  });

  it("does not depend on the order of what is pending", () => {
    fc.assert(
      fc.property(heads, pendings, (head, pending) => {
        const reversed = mergeSnapshot(head, [...pending].reverse());
        expect(reversed.meta).toEqual(mergeSnapshot(head, pending).meta);
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN])("reports a pending version of %s as corrupt", (metadataVersion) => {
    expect(() => mergeSnapshot(new Map(), [{ role: "bins-0", metadataVersion }])).toThrow(
      expect.objectContaining({ code: "CORRUPT_REPOSITORY" }),
    );
  });
});
