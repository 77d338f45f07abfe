import { describe, expect, it } from "vitest";
import { checkNamePrefix, checkRepositoryName, isRoleName } from "../../../domain/tuf/role-name.js";

describe("role names", () => {
  it("accepts a letter followed by letters, digits, dashes and underscores", () => {
    expect(["bins-0", "A", "x_y-9", "targets"].every(isRoleName)).toBe(true);
  });
  it("refuses what looks like an integer, a path or nothing", () => {
    for (const name of ["", "1", "007", "1bins", "-0", "a/b", "a.b", "..", "é", "a\n", "a".repeat(65)]) {
      expect(isRoleName(name), name).toBe(false);
      expect(() => {
        checkRepositoryName(name);
      }).toThrow(expect.objectContaining({ code: "INVALID_NAME" }));
    }
  });
  it.each(["targets", "Snapshot", "a".repeat(60)])("keeps %s from being a prefix of bins", (prefix) => {
    expect(() => {
      checkNamePrefix(prefix);
    }).toThrow(expect.objectContaining({ code: "INVALID_NAME" }));
  });
  it("takes a prefix whose bins have names", () => {
    const prefix = "a".repeat(59);
    checkNamePrefix(prefix);
    expect(isRoleName(`${prefix}-ffff`)).toBe(true);
  });
});
