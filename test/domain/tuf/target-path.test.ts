import fc from "../../support/fast-check.js";
import { describe, expect, it } from "vitest";
import { shownPath, targetPathFault } from "../../../domain/tuf/target-path.js";

describe("target paths", () => {
  it.each([
    "a",
    "a/b.txt",
    "lodash/package.json",
    "…",
    ".hidden",
    "a..b/...",
    "a b",
    "ä/Ä",
    "__proto__/x",
    "1",
    "a".repeat(1_024),
  ])("accepts %j", (path) => {
    expect(targetPathFault(path)).toBeUndefined();
  });

  it.each([
    ["", "empty"],
    ["/etc/passwd", "relative"],
    ["C:/x", "relative"],
    ["../x", '".."'],
    ["a/../b", '".."'],
    ["a/..", '".."'],
    ["./a", '"."'],
    ["a/./b", '"."'],
    ["a//b", "empty segment"],
    ["a/", "empty segment"],
    ["a\\b", "backslash"],
    ["a\u0000b", "control character"],
    ["a\nb", "control character"],
    ["a\u007fb", "control character"],
    ["a\u0085b", "control character"],
    ["a\u{1f600}b", "U+FFFF"],
    ["a\ud83d", "surrogate"],
    ["a".repeat(1_025), "1024 bytes"],
    ["ä".repeat(513), "1024 bytes"],
    ["…".repeat(342), "1024 bytes"],
  ])("refuses %j", (path, reason) => {
    expect(targetPathFault(path)).toContain(reason);
  });

  it("counts bytes as UTF-8 does", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "ä", "…", "\uffff"), minLength: 300, maxLength: 1_100 }),
        (path) => {
          expect(targetPathFault(path) === undefined).toBe(Buffer.byteLength(path) <= 1_024);
        },
      ),
    );
  });

  it("shows any path on one short line, whatever is in it", () => {
    expect(shownPath('a"\n\u202e\ud83d')).toBe('a\\"\\u{a}\\u{202e}\\u{d83d}');
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (path) => {
        const shown = shownPath(path);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(shown.length).toBeLessThan(1_000);
      }),
    );
  });
});
