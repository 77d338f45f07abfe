import { Targets } from "@tufjs/models";
import fc from "../../support/fast-check.js";
import { describe, expect, it } from "vitest";
import { matchesLoosely, matchesPattern, pathPatternFault } from "../../../domain/tuf/path-pattern.js";
import { targetPathFault } from "../../../domain/tuf/target-path.js";

/** Few letters, so that patterns and paths often match. */
const segments = (letters: readonly string[]) =>
  fc
    .array(fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join("/"));
const patterns = segments(["a", "b", ".", "*", "?", "-", "ä"]).filter((text) => pathPatternFault(text) === undefined);
const paths = segments(["a", "b", ".", "-", "ä", "*"]).filter((text) => targetPathFault(text) === undefined);

/** What an unmodified client computes. */
function matchesInClient(pattern: string, path: string): boolean {
  const role = { keyids: [], threshold: 1, name: "role", terminating: false, paths: [pattern] };
  const { delegations } = Targets.fromJSON({
    _type: "targets",
    spec_version: "1.0.33",
    version: 1,
    expires: "2030-01-01T00:00:00Z",
    targets: {},
    delegations: { keys: {}, roles: [role] },
  });
  return [...delegations!.rolesForTarget(path)].length > 0;
}

describe("path patterns", () => {
  it.each([
    ["a", "a", true],
    ["a", "b", false],
    ["*", "a", true],
    ["*", "a/b", false],
    ["a/*", "a/b", true],
    ["a/*", "a/b/c", false],
    ["a/*", "a", false],
    ["*/b", "a/b", true],
    ["a*c", "abbc", true],
    ["a*c", "ac", true],
    ["*.js", "x.js", true],
    ["*.js", ".js", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["?a", ".a", false],
    ["a/*", "a/.b", false],
    [".*", ".b", true],
    ["a*b*c", "a1b2b3c", true],
    ["A", "a", false],
    ["a.c", "abc", false],
  ])("%s on %s: %s", (pattern, path, expected) => {
    expect(matchesPattern(pattern, path)).toBe(expected);
  });

  it.each([
    ["", "empty"],
    ["/a", "relative"],
    ["a/../b", '".."'],
    ["a/", "empty segment"],
    ["a\\*", "backslash"],
    ["a\n", "control character"],
    ["[ab]", "brackets"],
    ["{a,b}", "braces"],
    ["@(a)", "parentheses"],
    ["!a", "begin with !"],
    ["x/#a", "begin with"],
    ["**", "** is no pattern"],
    ["a/**/b", "** is no pattern"],
    ["a".repeat(1_025), "1024 bytes"],
  ])("refuses %j", (pattern, reason) => {
    expect(pathPatternFault(pattern)).toContain(reason);
  });

  it("match what an unmodified tuf-js matches", () => {
    fc.assert(
      fc.property(patterns, paths, (pattern, path) => {
        expect(matchesPattern(pattern, path)).toBe(matchesInClient(pattern, path));
      }),
      { numRuns: 3_000 },
    );
  });

  it("match themselves, and what their wildcards are filled with", () => {
    const fillings = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 4 }), {
      minLength: 12,
      maxLength: 12,
    });
    fc.assert(
      fc.property(patterns, fillings, (pattern, texts) => {
        expect(matchesLoosely(pattern, pattern)).toBe(true);
        let next = 0;
        const filled = pattern.replace(/\*|\?/g, (wildcard) => {
          const text = texts[next++ % texts.length]!;
          return wildcard === "*" ? text : (text[0] ?? "x");
        });
        expect(matchesLoosely(pattern, filled)).toBe(true);
      }),
    );
  });

  it("never match loosely less than they match", () => {
    fc.assert(
      fc.property(patterns, paths, (pattern, path) => {
        if (matchesPattern(pattern, path)) expect(matchesLoosely(pattern, path)).toBe(true);
      }),
    );
  });

  it("take no longer than pattern times path, whatever they are", () => {
    const started = performance.now();
    expect(matchesPattern("*a".repeat(500), "a".repeat(1_000) + "b")).toBe(false);
    // A backtracking matcher needs longer than the universe.
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
