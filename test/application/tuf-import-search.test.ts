import { describe, expect, it } from "vitest";
import type { CustomRole } from "../../domain/tuf/custom-role.js";
import { MAX_ASKED, speaksFor } from "../../domain/tuf/role-search.js";
import type { Target } from "../../domain/tuf/target.js";
import { JsonMetadataCodec } from "../../infrastructure/wire/json-metadata-codec.js";
import {
  type Foreign,
  type ForeignBin,
  type ForeignCustom,
  isBin,
} from "../../src/application/tuf/import/foreign-delegations.js";
import { ForeignSearch } from "../../src/application/tuf/import/foreign-search.js";
import { digestOf } from "../contract/tuf-store-fixture.js";
import fc from "../support/fast-check.js";
import { targetOf } from "./tuf-world.js";

type Kept = Omit<CustomRole, "expiry">;
/** By role and path: a content. */
type Held = ReadonlyMap<string, ReadonlyMap<string, Target>>;

const PATHS = ["a", "b", "a/b", "b/b", "a/c"];
const delegation = { keys: {}, keyids: [], threshold: 1 };
const isHigh = (digest: Uint8Array) => digest[0]! >= 0x80;

interface Source {
  readonly asked: readonly Foreign[];
  readonly kept: readonly Kept[];
  readonly held: Held;
}

const steps = fc.array(
  fc.record({
    above: fc.nat(6),
    paths: fc.uniqueArray(fc.constantFrom("a", "?", "a/*", "*/b", "*", "*/*"), { minLength: 1, maxLength: 2 }),
    terminating: fc.boolean(),
    /** Hash bins below it, and whether these end the search. */
    bins: fc.constantFrom(undefined, undefined, true, false),
  }),
  { maxLength: 6 },
);
const bins = fc.record({ at: fc.nat(6), terminating: fc.boolean(), count: fc.constantFrom(0, 2) });
const holdings = fc.array(fc.record({ holder: fc.nat(20), path: fc.constantFrom(...PATHS), content: fc.nat(1) }), {
  maxLength: 12,
});

const sources = fc.tuple(steps, bins, holdings).map(([given, ofBins, placed]): Source => {
  let customs: { readonly role: ForeignCustom; readonly hasBins: boolean }[] = [];
  for (const [index, { above, paths, terminating, bins: ended }] of given.entries()) {
    const parents = [undefined, ...customs.filter(({ hasBins }) => !hasBins).map(({ role }) => role)];
    const parent = parents[above % parents.length];
    const role = { name: `r${index}`, delegation, paths, terminating: terminating || ended === true };
    const added = parent === undefined ? role : { ...role, above: parent.name };
    customs = behind(customs, { role: added, hasBins: ended !== undefined });
  }
  const own = ofBins.count === 0 ? [] : [bin("low", ofBins.terminating), bin("high", ofBins.terminating)];
  const tops = customs.map(({ role }, index) => [role, index] as const).filter(([role]) => role.above === undefined);
  // Roles behind terminating bins are refused before.
  const place = ofBins.terminating ? customs.length : (tops[ofBins.at]?.[1] ?? customs.length);
  const roles = customs.map(({ role }) => role);
  const asked = [...roles.slice(0, place), ...own, ...roles.slice(place)];
  const kept = customs.map(({ role: { name, above, paths, terminating }, hasBins }): Kept => {
    const common = { name, ...(above === undefined ? {} : { above }), paths };
    return hasBins ? { ...common, terminating: true, bitLength: 1 } : { ...common, terminating };
  });
  const holders = ["targets", ...asked.map(({ name }) => name)];
  const held = new Map<string, Map<string, Target>>(holders.map((name) => [name, new Map()]));
  for (const { holder, path, content } of placed) {
    const name = holders[holder % holders.length]!;
    const isStranger = (name === "low" || name === "high") && isHigh(digestOf(path)) !== (name === "high");
    if (!isStranger) held.get(name)!.set(path, targetOf(`${content}`));
  }
  return { asked, kept, held };
});

function bin(name: "low" | "high", terminating: boolean): ForeignBin {
  return { name, delegation, terminating, holds: (digest) => isHigh(digest) === (name === "high") };
}

/** Directly behind all that is below the same role. */
function behind<C extends { readonly role: ForeignCustom }>(customs: readonly C[], added: C): C[] {
  const inside = new Set([added.role.above]);
  let index = added.role.above === undefined ? customs.length : 0;
  for (const [at, { role }] of customs.entries()) {
    if (!inside.has(role.name) && !(role.above !== undefined && inside.has(role.above))) continue;
    inside.add(role.name);
    index = at + 1;
  }
  return [...customs.slice(0, index), added, ...customs.slice(index)];
}

/** As clients search: a stack of roles, emptied by a terminating one; `undefined` where it ended with none that has the path. */
function foundBy(
  roles: readonly (Pick<Foreign, "name" | "terminating"> & { readonly above?: string })[],
  speaks: (name: string) => boolean,
  target: (name: string) => Target | undefined,
): Target | undefined {
  const stack = ["targets"];
  for (;;) {
    const name = stack.pop();
    if (name === undefined) return undefined;
    const found = target(name);
    if (found !== undefined) return found;
    const children: string[] = [];
    for (const child of roles) {
      if ((child.above ?? "targets") !== name || !speaks(child.name)) continue;
      children.push(child.name);
      if (!child.terminating) continue;
      stack.splice(0);
      break;
    }
    stack.push(...children.reverse());
  }
}

function before({ asked, held }: Source, path: string): Target | undefined {
  const speaks = (name: string): boolean => {
    const role = asked.find((one) => one.name === name)!;
    return isBin(role) ? role.holds(digestOf(path)) : speaksFor(role, path);
  };
  return foundBy(asked, speaks, (name) => held.get(name)?.get(path));
}

/** Custom roles hold what they held, and a bin behind them what `targets` or a bin held. */
function after({ asked, kept, held }: Source, path: string): Target | undefined {
  const inBins = ["targets", ...asked.filter(isBin).map(({ name }) => name)];
  const ours = { name: "ours", terminating: true };
  const own = inBins.map((name) => held.get(name)?.get(path)).find((target) => target !== undefined);
  return foundBy(
    [...kept, ours],
    (name) =>
      name === "ours" ||
      speaksFor(
        kept.find((role) => role.name === name)!,
        path,
      ),
    (name) => (name === "ours" ? own : name === "targets" ? undefined : held.get(name)?.get(path)),
  );
}

describe("an import", () => {
  it("goes on exactly where clients find of every path what they found before", () => {
    const outcomes = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(sources, (source) => {
        const search = new ForeignSearch(source.asked, source.kept, new JsonMetadataCodec());
        for (const name of [
          ...source.asked
            .filter(isBin)
            .map((one) => one.name)
            .reverse(),
          "targets",
        ]) {
          search.addOwn(name, source.held.get(name)!);
        }
        for (const { name } of source.kept) search.addCustom(name, source.held.get(name)!);
        const differing = PATHS.filter((path) => before(source, path)?.sha256 !== after(source, path)?.sha256);
        if (differing.length === 0) expect(() => search.check()).not.toThrow();
        else expect(() => search.check()).toThrow(expect.objectContaining({ code: "UNSUPPORTED_DELEGATION" }) as Error);
        outcomes[differing.length === 0 ? "accepted" : "refused"] += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(Math.min(outcomes.accepted, outcomes.refused)).toBeGreaterThan(50);
  });

  const manyRoles = (count: number): readonly ForeignCustom[] =>
    Array.from({ length: count }, (_, index) => ({ name: `r${index}`, delegation, paths: ["a"], terminating: false }));
  const checked = (asked: readonly Foreign[], kept: readonly Kept[], holder: string) => {
    const search = new ForeignSearch(asked, kept, new JsonMetadataCodec());
    search.addOwn(holder, new Map([["a", targetOf("a")]]));
    search.check();
  };

  it("is refused where a target of the top-level role would come after more roles than clients ask", () => {
    const [most, more] = [manyRoles(MAX_ASKED - 2), manyRoles(MAX_ASKED - 1)];
    expect(() => checked(most, most, "targets")).not.toThrow();
    expect(() => checked(more, more, "targets")).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_DELEGATION" }) as Error,
    );
  });

  it("goes on where clients did not find a target of a bin before, which came after so many roles", () => {
    const roles = manyRoles(MAX_ASKED);
    expect(() => checked([...roles, bin("low", false), bin("high", false)], roles, "high")).not.toThrow();
  });
});
