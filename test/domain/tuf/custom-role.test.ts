import fc from "../../support/fast-check.js";
import { describe, expect, it } from "vitest";
import { checkCustomName, checkPatterns, type CustomRole, MAX_PATTERNS } from "../../../domain/tuf/custom-role.js";
import { changedRoles, type DelegationChange } from "../../../domain/tuf/delegation-change.js";
import { DEFAULT_EXPIRY } from "../../../domain/tuf/expiry.js";
import {
  customRoleOf,
  hiddenPathFault,
  isWithinLimit,
  MAX_ASKED,
  searchOrder,
} from "../../../domain/tuf/role-search.js";

const BINS = { namePrefix: "bins" };

function role(name: string, paths: readonly string[], terminating = false): CustomRole {
  return { name, paths, terminating, expiry: DEFAULT_EXPIRY.targets };
}

const failing = (code: string) => expect.objectContaining({ code }) as Error;
const names = (roles: readonly CustomRole[]) => roles.map(({ name }) => name);

const patterns = fc.constantFrom("a", "a/*", "*/b", "*", "a/b", "*/*", "?");
const paths = fc.constantFrom("a", "b", "a/b", "b/b", "a/c", "c/d/e");
const custom = fc
  .uniqueArray(fc.tuple(fc.constantFrom(..."uvwxyz"), fc.uniqueArray(patterns, { minLength: 1 }), fc.boolean()), {
    selector: ([name]) => name,
  })
  .map((all) => all.map(([name, some, terminating]) => role(name, some, terminating)));

describe("custom roles", () => {
  it.each(["team", "Team-1", "bins-x", "binsy", "snapshots"])("may be named %s", (name) => {
    expect(() => checkCustomName(name, BINS)).not.toThrow();
  });

  it.each([
    "root",
    "Targets",
    "snapshot",
    "timestamp",
    "bins",
    "BINS",
    "bins-0",
    "bins-ff",
    "Bins-A",
    "1",
    "a/b",
    "a.b",
    "",
  ])("may not be named %j", (name) => {
    expect(() => checkCustomName(name, BINS)).toThrow(failing("INVALID_NAME"));
  });

  it("have some patterns, each once, and none that clients disagree about", () => {
    checkPatterns("team", ["a/*", "b"]);
    const many = Array.from({ length: MAX_PATTERNS + 1 }, (_, index) => `a/${index}`);
    for (const wrong of [[], ["a", "a"], ["a", "[b]"], many]) {
      expect(() => checkPatterns("team", wrong)).toThrow(failing("INVALID_DELEGATION"));
    }
    const several = () => checkPatterns("team", ["/x", "[b]", "ok"]);
    expect(several).toThrow(/"\/x": .*; pattern "\[b\]": /);
  });

  it("are asked in their order, until one that is terminating", () => {
    const roles = [role("x", ["a/*"]), role("y", ["b"]), role("z", ["*/b"], true), role("w", ["a/b"])];
    const asked = searchOrder(roles, "a/b");
    expect([names(asked.roles), asked.end?.name]).toEqual([["x", "z"], "z"]);
    expect(searchOrder(roles, "c").end).toBeUndefined();
    expect(customRoleOf(roles, "a/b")?.name).toBe("x");
    expect(customRoleOf(roles, "c")).toBeUndefined();
  });

  it("have a path where every client asks first", () => {
    fc.assert(
      fc.property(custom, paths, (roles, path) => {
        const { roles: asked, end } = searchOrder(roles, path);
        const owner = customRoleOf(roles, path);
        expect(asked[0]).toBe(owner);
        if (owner === undefined) expect(end).toBeUndefined();
      }),
    );
  });

  it("end the search at the first that is terminating, and nowhere else", () => {
    fc.assert(
      fc.property(custom, paths, (roles, path) => {
        const { roles: asked, end } = searchOrder(roles, path);
        expect(asked.slice(0, -1).some(({ terminating }) => terminating)).toBe(false);
        expect(asked.at(-1)?.terminating === true ? asked.at(-1) : undefined).toBe(end);
      }),
    );
  });

  it("refuse paths that a terminating role hides from some clients", () => {
    const roles = [role("x", ["a/*"], true), role("y", ["*/.b"])];
    expect(hiddenPathFault(roles, "a/.b")).toContain("x");
    expect(hiddenPathFault(roles, "c/.b")).toBeUndefined();
    expect(hiddenPathFault(roles, "a/b")).toBeUndefined();
    expect(hiddenPathFault([role("x", ["a/*"])], "a/.b")).toBeUndefined();
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => role(`r${index}`, ["a/*"]));

  it("refuse paths that some clients would have asked too many roles for", () => {
    expect(hiddenPathFault(many(MAX_ASKED - 2), "a/.b")).toBeUndefined();
    expect(hiddenPathFault(many(MAX_ASKED - 1), "a/.b")).toContain("at most 32 roles");
    expect(hiddenPathFault(many(MAX_ASKED - 1), "b/.b")).toBeUndefined();
    expect(hiddenPathFault(many(MAX_ASKED), "a/b")).toBeUndefined();
    const owner = role("owner", ["a/.b"]);
    expect(hiddenPathFault([...many(MAX_ASKED - 1), owner], "a/.b")).toBeUndefined();
    expect(hiddenPathFault([...many(MAX_ASKED), owner], "a/.b")).toContain("at most 32 roles");
    const binned = { ...owner, terminating: true, bitLength: 1 };
    expect(hiddenPathFault([...many(MAX_ASKED - 2), binned], "a/.b")).toBeUndefined();
    expect(hiddenPathFault([...many(MAX_ASKED - 1), binned], "a/.b")).toContain("at most 32 roles");
  });

  it("are within the limit as long as clients come to them", () => {
    const search = searchOrder(many(MAX_ASKED + 1), "a/b");
    const isWithin = (index: number, isBin: boolean) => isWithinLimit(search, `r${index}`, isBin);
    expect([isWithin(30, true), isWithin(31, true), isWithin(31, false), isWithin(32, false)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe("changes of custom roles", () => {
  const roles = [role("x", ["x/*"]), role("y", ["y/*"])];
  const change = (step: DelegationChange) => changedRoles(roles, step, BINS);

  it("add one last, or before another", () => {
    expect(names(change({ change: "add", role: role("z", ["z"]) }))).toEqual(["x", "y", "z"]);
    expect(names(change({ change: "add", role: role("z", ["z"]), before: "y" }))).toEqual(["x", "z", "y"]);
    expect(names(roles)).toEqual(["x", "y"]);
  });

  it("alter what is given, and nothing else", () => {
    expect(change({ change: "alter", name: "x", to: { terminating: true } })[0]).toEqual({
      ...roles[0],
      terminating: true,
    });
    expect(names(change({ change: "alter", name: "x", to: { before: null } }))).toEqual(["y", "x"]);
    expect(names(change({ change: "alter", name: "y", to: { before: "x", paths: ["q"] } }))).toEqual(["y", "x"]);
  });

  it("remove one", () => {
    expect(names(change({ change: "remove", name: "x" }))).toEqual(["y"]);
  });

  it.each<[string, DelegationChange]>([
    ["DELEGATION_EXISTS", { change: "add", role: role("x", ["a"]) }],
    ["DELEGATION_EXISTS", { change: "add", role: role("X", ["a"]) }],
    ["INVALID_NAME", { change: "add", role: role("root", ["a"]) }],
    ["INVALID_DELEGATION", { change: "add", role: role("z", []) }],
    ["INVALID_DELEGATION", { change: "add", role: { ...role("z", ["a"]), expiry: { lifetime: 5, renewBefore: 5 } } }],
    ["UNKNOWN_ROLE", { change: "add", role: role("z", ["a"]), before: "q" }],
    ["UNKNOWN_ROLE", { change: "alter", name: "q", to: {} }],
    ["UNKNOWN_ROLE", { change: "alter", name: "x", to: { before: "x" } }],
    ["INVALID_DELEGATION", { change: "alter", name: "x", to: { paths: ["**"] } }],
    ["UNKNOWN_ROLE", { change: "remove", name: "bins-0" }],
  ])("are refused with %s: %j", (code, step) => {
    expect(() => change(step)).toThrow(failing(code));
  });
});
