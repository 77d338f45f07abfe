import { describe, expect, it } from "vitest";
import { DEFAULT_EXPIRY } from "../../../domain/tuf/expiry.js";
import fc from "../../support/fast-check.js";
import { planCommit, planExport, publishedName } from "../../../domain/tuf/publish-plan.js";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 1);
const CLEAN = { version: 3, signedVersion: 3 };

describe("commit plan", () => {
  const state = (
    hoursLeft: { snapshot: number; timestamp: number },
    pending: { role: string; metadataVersion: number }[] = [],
  ) => ({
    pending,
    snapshot: { ...CLEAN, metadataVersion: 4, expiresAt: NOW + hoursLeft.snapshot * HOUR, length: 1, sha256: "" },
    timestamp: { ...CLEAN, metadataVersion: 7, expiresAt: NOW + hoursLeft.timestamp * HOUR },
  });
  const plan = (given: ReturnType<typeof state>) => planCommit(given, DEFAULT_EXPIRY, NOW);

  it("does nothing while nothing is pending and all is fresh", () => {
    expect(plan(state({ snapshot: 100, timestamp: 9 }))).toBe("nothing");
  });
  it("renews a timestamp by itself, so that clients keep their snapshot", () => {
    expect(plan(state({ snapshot: 100, timestamp: 8 }))).toBe("timestamp");
  });
  it("signs both anew where one has other keys", () => {
    const fresh = state({ snapshot: 100, timestamp: 9 });
    expect(plan({ ...fresh, timestamp: { ...fresh.timestamp, version: 4 } })).toBe("snapshot");
    expect(plan({ ...fresh, snapshot: { ...fresh.snapshot, version: 4 } })).toBe("snapshot");
  });
  it("merges what is pending, and a snapshot that expires", () => {
    expect(plan(state({ snapshot: 100, timestamp: 9 }, [{ role: "bins-0", metadataVersion: 2 }]))).toBe("snapshot");
    expect(plan(state({ snapshot: 48, timestamp: 9 }))).toBe("snapshot");
    expect(plan(state({ snapshot: -1, timestamp: -1 }))).toBe("snapshot");
  });
});

describe("export plan", () => {
  const position = { root: 1, snapshot: 5, timestamp: 6 };
  const bin = { role: "bins-0", metadataVersion: 3 };
  const snapshot = { role: "snapshot", metadataVersion: 5 };
  const timestamp = { role: "timestamp", metadataVersion: 6 };
  const root = { role: "root", metadataVersion: 1 };

  it("puts bins before the snapshot and the timestamp last", () => {
    const plan = planExport({ position, files: [timestamp, snapshot, root, bin] }, 0);
    expect(plan).toEqual({ phases: [[bin], [snapshot], [root]], timestamp, roots: [] });
  });
  it("keeps roots that nobody has seen until the timestamp that satisfies them is there, and in their order", () => {
    const [second, third] = [2, 3].map((metadataVersion) => ({ role: "root", metadataVersion }));
    const plan = planExport({ position, files: [third!, timestamp, root, second!] }, 1);
    expect(plan).toEqual({ phases: [[root]], timestamp, roots: [second, third] });
  });
  it("is empty where nothing lacks", () => {
    expect(planExport({ position, files: [] }, 1)).toEqual({ phases: [], timestamp: undefined, roots: [] });
  });
  it("reports a snapshot that no timestamp names as corrupt", () => {
    expect(() => planExport({ position, files: [snapshot] }, 1)).toThrow(
      expect.objectContaining({ code: "CORRUPT_REPOSITORY" }),
    );
  });
  it("names files with their version, but the timestamp", () => {
    expect([bin, snapshot, root, timestamp].map(publishedName)).toEqual([
      "3.bins-0.json",
      "5.snapshot.json",
      "1.root.json",
      "timestamp.json",
    ]);
  });
});

describe("plans", () => {
  const HORIZONS = 30 * 24;
  const pendings = fc.array(fc.record({ role: fc.constantFrom("targets", "bins-0"), metadataVersion: fc.nat(9) }), {
    maxLength: 3,
  });

  it("commit all that is due or pending or has other keys, and nothing else", () => {
    const signed = fc.record({ version: fc.integer({ min: 1, max: 3 }), behind: fc.nat(1), hours: fc.nat(HORIZONS) });
    fc.assert(
      fc.property(pendings, signed, signed, (pending, ofSnapshot, ofTimestamp) => {
        const state = ({ version, behind, hours }: typeof ofSnapshot) => ({
          ...{ version, signedVersion: version - behind, metadataVersion: 4 },
          ...{ expiresAt: NOW + hours * HOUR, length: 1, sha256: "" },
        });
        const given = { pending, snapshot: state(ofSnapshot), timestamp: state(ofTimestamp) };
        const isMerge =
          pending.length > 0 ||
          ofSnapshot.behind + ofTimestamp.behind > 0 ||
          ofSnapshot.hours * HOUR <= DEFAULT_EXPIRY.snapshot.renewBefore;
        const isRenewal = ofTimestamp.hours * HOUR <= DEFAULT_EXPIRY.timestamp.renewBefore;
        const expected = isMerge ? "snapshot" : isRenewal ? "timestamp" : "nothing";
        expect(planCommit(given, DEFAULT_EXPIRY, NOW)).toBe(expected);
      }),
    );
  });

  it("export every file once: roles, then snapshots, then the newest timestamp, then roots that nobody has seen", () => {
    const roles = ["bins-0", "bins-1", "targets", "snapshot", "root"];
    const files = fc.uniqueArray(
      fc.record({ role: fc.constantFrom(...roles), metadataVersion: fc.integer({ min: 1, max: 6 }) }),
      { selector: publishedName },
    );
    fc.assert(
      fc.property(files, fc.nat(6), (given, seenRoot) => {
        const timestamp = { role: "timestamp", metadataVersion: 3 };
        const position = { root: 1, snapshot: 5, timestamp: 6 };
        const plan = planExport({ position, files: [...given, timestamp] }, seenRoot);
        const order = [...plan.phases.flat(), ...plan.roots];
        expect(order.map(publishedName).sort()).toEqual(given.map(publishedName).sort());
        expect(plan.timestamp).toEqual(timestamp);
        const phaseOf = (role: string) => plan.phases.findIndex((phase) => phase.some((file) => file.role === role));
        if (phaseOf("snapshot") >= 0) {
          for (const role of ["bins-0", "bins-1", "targets"]) expect(phaseOf(role)).toBeLessThan(phaseOf("snapshot"));
        }
        const unseen = plan.roots.map((root) => root.metadataVersion);
        expect(unseen).toEqual(unseen.toSorted((one, other) => one - other));
        expect(unseen.every((version) => version > seenRoot)).toBe(true);
        const early = plan.phases.flat().filter(({ role }) => role === "root");
        if (seenRoot > 0) expect(early.every(({ metadataVersion }) => metadataVersion <= seenRoot)).toBe(true);
      }),
    );
  });
});
