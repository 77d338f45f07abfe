import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { binNames, binOf } from "../../../domain/tuf/hash-bins.js";
import { listedAs, partitionOf, prefixesOf, statedBins } from "../../../domain/tuf/prefix-bins.js";
import fc from "../../support/fast-check.js";

const TRUST = { keyIds: ["k1", "k2"], threshold: 2 };
const bitLengths = fc.integer({ min: 1, max: 10 });
const bin = (name: string, ...prefixes: readonly string[]) => ({ name, path_hash_prefixes: prefixes });

describe("hash bins by prefixes", () => {
  it("hold exactly the paths that succinct ones of the same number hold", () => {
    fc.assert(
      fc.property(bitLengths, fc.string(), (bitLength, path) => {
        const bins = { bitLength, namePrefix: "bins" };
        const digest = createHash("sha256").update(path).digest();
        const holding = binNames(bins).filter((_, index) => {
          return prefixesOf(bins, index).some((prefix) => digest.toString("hex").startsWith(prefix));
        });
        expect(holding).toEqual([binOf(bins, digest)]);
      }),
    );
  });

  it("are told again from what metadata lists, in whatever order that is", () => {
    fc.assert(
      fc.property(bitLengths, fc.infiniteStream(fc.nat()), (bitLength, stream) => {
        const bins = { bitLength, namePrefix: "x-1" };
        const order = new Map(listedAs(bins, TRUST).map((role) => [role, stream.next().value as number]));
        const roles = [...order.keys()].sort((left, right) => order.get(left)! - order.get(right)!);
        expect(statedBins({ keys: {}, roles })).toEqual({ bins, trust: TRUST, terminating: true });
        expect(partitionOf(roles)).toMatchObject({ bitLength });
      }),
    );
  });

  it("are put in order without a look at all of them for each prefix", () => {
    // 2^9 bins have prefixes of three digits, eight each.
    const roles = listedAs({ bitLength: 9, namePrefix: "bins" }, TRUST);
    const visited = visitedKeys(() => expect(partitionOf(roles)).toMatchObject({ bitLength: 9 }));
    expect(visited).toBeLessThanOrEqual(2 * roles.length);
  });

  it("are any number of digits long, as long as the parts are equal", () => {
    const halves = [bin("high", "8", "9a", "9b", ..."cdef", "a", "b"), bin("low", "0", "1", ..."234567")];
    expect(partitionOf(halves)).toEqual({
      fault: expect.stringMatching(/none has hash prefix "9000"/) as string,
    });
    const whole = [bin("high", "8", ..."9abcdef"), bin("low", ...Array.from({ length: 128 }, (_, i) => hex(i)))];
    expect(partitionOf(whole)).toEqual({ bitLength: 1, roles: [whole[1], whole[0]] });
    expect(partitionOf([bin("all", "")])).toEqual({ bitLength: 0, roles: [bin("all", "")] });
  });

  it.each([
    ["a gap", [bin("a", ..."01234567"), bin("b", ..."9abcdef")], /none has hash prefix "8000"/],
    ["an end that is missing", [bin("a", ..."01234567"), bin("b", ..."89abcde")], /none has hash prefix "f000"/],
    ["an overlap", [bin("a", ..."012345678"), bin("b", ..."89abcdef")], /"b" is not the only one with hash prefix "8"/],
    ["a prefix within another", [bin("a", ..."01234567"), bin("b", ..."89abcdef", "00")], /"b" .* prefix "00"|"a" is/],
    ["parts that differ", [bin("a", ..."0123"), bin("b", ..."456789abcdef")], /"a" holds more or less than a 2th/],
    [
      "parts that are apart",
      [bin("a", ..."02468ace"), bin("b", ..."13579bdf")],
      /"a" has hash prefixes that are apart/,
    ],
    ["three", [bin("a", ..."01234"), bin("b", ..."56789"), bin("c", ..."abcdef")], /they are 3/],
    ["none of a role", [bin("a", ..."0123456789abcdef"), bin("b")], /"b" has no hash prefixes/],
    ["upper case", [bin("a", ..."01234567"), bin("b", ..."89ABCDEF")], /"b" has a hash prefix that is not/],
    ["too many digits", [bin("a", "00000")], /"a" has a hash prefix that is not/],
    ["nothing", [], /none has hash prefix "0000"/],
  ])("are no equal parts with %s", (_, roles, fault) => {
    expect(partitionOf(roles)).toEqual({ fault: expect.stringMatching(fault) as string });
  });

  it("are not ours where names, keys or ends of the search differ", () => {
    const roles = listedAs({ bitLength: 2, namePrefix: "bins" }, TRUST);
    const changed = (change: object) => roles.map((role, index) => (index === 2 ? { ...role, ...change } : role));
    expect(statedBins({ keys: {}, roles })).toBeDefined();
    for (const change of [{ name: "bins-7" }, { threshold: 1 }, { terminating: false }, { keyids: ["k1"] }]) {
      expect(statedBins({ keys: {}, roles: changed(change) })).toBeUndefined();
    }
    expect(statedBins({ keys: {}, roles: [{ ...roles[0]!, path_hash_prefixes: [""] }] })).toBeUndefined();
  });
});

/** How many keys of maps some work looks at, one by one. */
function visitedKeys(work: () => void): number {
  let visited = 0;
  const keys = vi.spyOn(Map.prototype, "keys").mockImplementation(function* (this: Map<unknown, unknown>) {
    for (const [key] of this) {
      visited += 1;
      yield key;
    }
    return undefined;
  });
  work();
  keys.mockRestore();
  return visited;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
