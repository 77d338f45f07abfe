import { describe, expect, it } from "vitest";
import { InvalidTargetsError } from "../../../domain/tuf/errors.js";
import type { JsonObject } from "../../../domain/tuf/json.js";
import { readTarget, type Target } from "../../../domain/tuf/target.js";

const sha256 = "ab".repeat(32);
const targetFaults = (path: string, target: Target) => {
  const read = readTarget(path, target);
  return "faults" in read ? read.faults : [];
};
const nested = (depth: number): JsonObject => (depth === 0 ? {} : { in: nested(depth - 1) });
const reasons = (custom: unknown) =>
  targetFaults("a", { length: 1, sha256, custom: custom as JsonObject }).map(({ reason }) => reason);

describe("targets", () => {
  it("accepts a length, a digest and plain custom metadata", () => {
    const custom = { tags: ["a", "b\nc"], size: -3, deep: { ok: true, none: null }, smile: "\u{1f600}" };
    expect(targetFaults("a/b", { length: 0, sha256 })).toEqual([]);
    expect(targetFaults("a/b", { length: 5, sha256, custom })).toEqual([]);
    expect(reasons(nested(31))).toEqual([]);
  });

  it("collects every fault of a target", () => {
    const faults = targetFaults("../a", { length: -1, sha256: "AB", custom: [] as unknown as JsonObject });
    expect(faults.map(({ code }) => code)).toEqual([
      "INVALID_TARGET_PATH",
      "INVALID_TARGET",
      "INVALID_TARGET",
      "INVALID_TARGET",
    ]);
  });

  it.each([
    ["a fraction", { n: 1.5 }],
    ["a number beyond 53 bits", { n: 2 ** 53 }],
    ["a lone surrogate", { s: "\ud83d" }],
    ["a control character in a key", { "a\n": 1 }],
    ["a key beyond U+FFFF", { "\u{1f600}": 1 }],
    ["a key named __proto__", JSON.parse('{"__proto__": 1}')],
    ["a class instance", { when: new Date(0) }],
    ["undefined", { u: undefined }],
    ["too deep a nesting", nested(40)],
  ])("refuses custom metadata with %s", (_, custom) => {
    expect(reasons(custom)).toHaveLength(1);
  });

  it("says the first faults and how many more there are", () => {
    const faults = Array.from({ length: 7 }, (_, index) => targetFaults(`../${index}`, { length: 1, sha256 })).flat();
    const error = new InvalidTargetsError([faults[0]!, ...faults.slice(1)]);
    expect(error).toMatchObject({ code: "INVALID_TARGET_PATH", name: "InvalidTargetsError" });
    expect(error.message).toMatch(/"\.\.\/4".*; and 2 more$/);
    expect(error.faults).toHaveLength(7);
  });
});
