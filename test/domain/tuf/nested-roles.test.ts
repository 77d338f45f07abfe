import { describe, expect, it } from "vitest";
import type { CustomRole } from "../../../domain/tuf/custom-role.js";
import { changedRoles, type DelegationChange } from "../../../domain/tuf/delegation-change.js";
import { DEFAULT_EXPIRY } from "../../../domain/tuf/expiry.js";
import { delegatedBy, MAX_DEPTH, rolesAbove, withRolesBelow } from "../../../domain/tuf/nested-roles.js";
import { customRoleOf, hiddenPathFault, searchOrder, speaksFor } from "../../../domain/tuf/role-search.js";
import fc from "../../support/fast-check.js";

const BINS = { namePrefix: "bins" };
const failing = (code: string) => expect.objectContaining({ code }) as Error;
const names = (roles: readonly CustomRole[]) => roles.map(({ name }) => name).join(" ");

function role(name: string, above?: string, paths: readonly string[] = ["*"], terminating = false): CustomRole {
  return { name, ...(above === undefined ? {} : { above }), paths, terminating, expiry: DEFAULT_EXPIRY.targets };
}

/** One after the other, each below one of those before it or below `targets`, some of them before another one. */
const trees = fc
  .array(
    fc.record({
      above: fc.nat(8),
      before: fc.nat(4),
      paths: fc.uniqueArray(fc.constantFrom("a", "b", "?", "a/*", "*/b", "*", "a/b", "*/*"), { minLength: 1 }),
      terminating: fc.boolean(),
    }),
    { maxLength: 9 },
  )
  .map((steps) =>
    steps.reduce<readonly CustomRole[]>((roles, { above, before, paths, terminating }, index) => {
      const parent = [undefined, ...roles][above % (roles.length + 1)];
      const sibling = delegatedBy(roles, parent?.name)[before];
      const added = role(`r${index}`, parent?.name, paths, terminating);
      const place = sibling === undefined ? {} : { before: sibling.name };
      return rolesAbove(roles, added).length < MAX_DEPTH ? add(roles, added, place) : roles;
    }, []),
  );
const paths = fc.constantFrom("a", "b", "c", "a/b", "b/b", "a/c", "c/d/e");

function add(roles: readonly CustomRole[], added: CustomRole, place: { readonly before?: string } = {}) {
  return changedRoles(roles, { change: "add", role: added, ...place }, BINS);
}

/** As clients do it: a stack of roles, emptied by a terminating one. */
function askedByClients(roles: readonly CustomRole[], path: string): readonly (CustomRole | undefined)[] {
  const asked: (CustomRole | undefined)[] = [];
  const stack: (CustomRole | undefined)[] = [undefined];
  let areBinsAsked = true;
  while (stack.length > 0) {
    const one = stack.pop();
    if (one !== undefined) asked.push(one);
    const children: CustomRole[] = [];
    for (const child of delegatedBy(roles, one?.name)) {
      if (!speaksFor(child, path)) continue;
      children.push(child);
      if (!child.terminating) continue;
      stack.splice(0);
      areBinsAsked = false;
      break;
    }
    stack.push(...children.reverse());
  }
  return areBinsAsked ? [...asked, undefined] : asked;
}

describe("custom roles below one another", () => {
  const tree = [role("a"), role("b", "a"), role("c", "b"), role("d", "a"), role("e")];

  it("are asked as clients ask them", () => {
    fc.assert(
      fc.property(trees, paths, (roles, path) => {
        const { roles: asked, end } = searchOrder(roles, path);
        expect(end === undefined ? [...asked, undefined] : asked).toEqual(askedByClients(roles, path));
      }),
      { numRuns: 500 },
    );
  });

  it("have a path where clients find it once nobody else does", () => {
    fc.assert(
      fc.property(trees, paths, (roles, path) => {
        const owner = customRoleOf(roles, path);
        expect(askedByClients(roles, path)).toContain(owner);
        if (owner === undefined) return;
        // As deep down as roles delegate it.
        expect(delegatedBy(roles, owner.name).some((below) => speaksFor(below, path))).toBe(false);
        expect(hiddenPathFault(roles, path)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it("stand directly behind the one that they are below, whatever is added, moved or removed", () => {
    fc.assert(
      fc.property(trees, fc.nat(8), fc.nat(8), (roles, one, other) => {
        if (roles.length === 0) return;
        const moved = roles[one % roles.length]!;
        const sibling = delegatedBy(roles, moved.above)[other % delegatedBy(roles, moved.above).length]!;
        const before = sibling === moved ? null : sibling.name;
        const altered = changedRoles(roles, { change: "alter", name: moved.name, to: { before } }, BINS);
        const left = changedRoles(roles, { change: "remove", name: moved.name }, BINS);
        for (const next of [roles, altered, left]) expect(next).toEqual(preOrder(next));
        expect(new Set(altered)).toEqual(new Set(roles));
        expect(left).toEqual(roles.filter((role) => !withRolesBelow(roles, moved.name).includes(role)));
      }),
    );
  });

  function preOrder(roles: readonly CustomRole[], above?: string): readonly CustomRole[] {
    return delegatedBy(roles, above).flatMap((one) => [one, ...preOrder(roles, one.name)]);
  }

  it("know who is above and below them", () => {
    expect(names(rolesAbove(tree, tree[2]!))).toBe("a b");
    expect(names(rolesAbove(tree, tree[4]!))).toBe("");
    expect(names(withRolesBelow(tree, "a"))).toBe("a b c d");
    expect(names(withRolesBelow(tree, "d"))).toBe("d");
    expect(names(delegatedBy(tree))).toBe("a e");
    expect(names(delegatedBy(tree, "a"))).toBe("b d");
  });

  it("come, move and go with all that is below them", () => {
    const change = (step: DelegationChange) => names(changedRoles(tree, step, BINS));
    expect(change({ change: "add", role: role("x", "b") })).toBe("a b c x d e");
    expect(change({ change: "add", role: role("x", "a"), before: "b" })).toBe("a x b c d e");
    expect(change({ change: "alter", name: "b", to: { before: null } })).toBe("a d b c e");
    expect(change({ change: "alter", name: "e", to: { before: "a" } })).toBe("e a b c d");
    expect(change({ change: "alter", name: "a", to: { before: null, terminating: true } })).toBe("e a b c d");
    expect(change({ change: "remove", name: "b" })).toBe("a d e");
  });

  it("refuse paths that a terminating role beside those above hides from some clients", () => {
    const roles = [
      role("x", undefined, ["a/*"]),
      role("y", "x", ["a/*"], true),
      role("z", undefined, ["*/.b"], true),
      role("w", "z", ["*/.b"]),
    ];
    expect(customRoleOf(roles, "c/.b")?.name).toBe("w");
    expect(hiddenPathFault(roles, "c/.b")).toBeUndefined();
    expect(hiddenPathFault(roles, "a/.b")).toContain("role y");
  });

  it.each<[string, DelegationChange]>([
    ["UNKNOWN_ROLE", { change: "add", role: role("x", "q") }],
    ["INVALID_DELEGATION", { change: "add", role: role("x"), before: "b" }],
    ["INVALID_DELEGATION", { change: "add", role: role("x", "a"), before: "e" }],
    ["INVALID_DELEGATION", { change: "alter", name: "b", to: { before: "e" } }],
    ["DELEGATION_EXISTS", { change: "add", role: role("C", "a") }],
  ])("are refused with %s: %j", (code, step) => {
    expect(() => changedRoles(tree, step, BINS)).toThrow(failing(code));
  });

  it("are refused below one with hash bins, and too deep", () => {
    const binned: CustomRole = { ...role("x", undefined, ["*"], true), bitLength: 1 };
    expect(() => add([binned], role("y", "x"))).toThrow(failing("INVALID_DELEGATION"));
    const line = Array.from({ length: MAX_DEPTH }, (_, index) => index).reduce<readonly CustomRole[]>(
      (roles, index) => add(roles, role(`r${index}`, index === 0 ? undefined : `r${index - 1}`)),
      [],
    );
    expect(() => add(line, role("deeper", `r${MAX_DEPTH - 1}`))).toThrow(failing("INVALID_DELEGATION"));
    expect(() => add(line, role("beside", `r${MAX_DEPTH - 2}`))).not.toThrow();
  });
});
