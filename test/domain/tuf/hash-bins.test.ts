import { createHash } from "node:crypto";
import fc from "../../support/fast-check.js";
import { describe, expect, it } from "vitest";
import {
  binIndexOf,
  binName,
  binNames,
  binOf,
  bitLengthOf,
  digestRange,
  MAX_BIT_LENGTH,
} from "../../../domain/tuf/hash-bins.js";

const bitLengths = fc.integer({ min: 1, max: MAX_BIT_LENGTH });
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("hash bins", () => {
  it("takes powers of two from 2 to 65,536 and nothing else", () => {
    expect([2, 4, 256, 65_536].map(bitLengthOf)).toEqual([1, 2, 8, 16]);
    for (const bins of [0, 1, 3, 100, 131_072, -2, 2.5, Number.NaN, Infinity]) {
      expect(() => bitLengthOf(bins)).toThrow(expect.objectContaining({ code: "INVALID_BIN_COUNT" }));
    }
  });

  it("pads names to the digits of the last bin", () => {
    expect(binNames({ bitLength: 2, namePrefix: "bins" })).toEqual(["bins-0", "bins-1", "bins-2", "bins-3"]);
    expect(binName({ bitLength: 10, namePrefix: "bins" }, 3)).toBe("bins-003");
    expect(binName({ bitLength: 16, namePrefix: "b" }, 65_535)).toBe("b-ffff");
  });

  it("takes the leading bits of the digest", () => {
    // SHA-256 of "foo" begins 2c26 = 0010 1100 0010 0110: the leading 8 bits are 2c, the leading 3 are 1.
    const digest = createHash("sha256").update("foo").digest();
    expect(binOf({ bitLength: 8, namePrefix: "bins" }, digest)).toBe("bins-2c");
    expect(binOf({ bitLength: 3, namePrefix: "bins" }, digest)).toBe("bins-1");
  });

  it("gives each bin the digests of its range and no others", () => {
    fc.assert(
      fc.property(bitLengths, digests, (bitLength, digest) => {
        const index = binIndexOf({ bitLength }, digest);
        const { low, high } = digestRange({ bitLength }, index);
        expect(low).toHaveLength(32);
        expect(Buffer.compare(low, digest)).toBeLessThanOrEqual(0);
        expect(Buffer.compare(digest, high)).toBeLessThanOrEqual(0);
        expect([low, high].map((end) => binIndexOf({ bitLength }, end))).toEqual([index, index]);
      }),
    );
  });

  it("leaves no gap between ranges", () => {
    const ranges = binNames({ bitLength: 4, namePrefix: "b" }).map((_, index) => digestRange({ bitLength: 4 }, index));
    expect(Buffer.from(ranges[0]!.low).toString("hex")).toBe("00".repeat(32));
    expect(Buffer.from(ranges[15]!.high).toString("hex")).toBe("ff".repeat(32));
    for (let index = 1; index < ranges.length; index++) {
      const before = BigInt(`0x${Buffer.from(ranges[index - 1]!.high).toString("hex")}`);
      expect(BigInt(`0x${Buffer.from(ranges[index]!.low).toString("hex")}`)).toBe(before + 1n);
    }
  });
});
