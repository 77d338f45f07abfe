import { describe, expect, it } from "vitest";
import { CoalescedTargetEdits } from "../../../domain/tuf/coalesced-edits.js";
import type { BinEdits, TargetEdit } from "../../../domain/tuf/target-edits.js";

const edit = (path: string, length: number | null) => ({
  path,
  digest: new Uint8Array(32),
  target: length === null ? null : { length, sha256: "ab".repeat(32) },
});

describe("coalesced edits", () => {
  /** Batches that were begun, each with the function that ends it. */
  const begun: { bins: readonly BinEdits[]; end: (error?: Error) => void }[] = [];
  const inner = {
    accept: (_: string, bins: readonly BinEdits[]) =>
      new Promise<ReadonlySet<TargetEdit>>((resolve, reject) => {
        begun.push({ bins, end: (error) => (error === undefined ? resolve(new Set()) : reject(error)) });
      }),
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it("accept together what is asked for meanwhile, bin by bin, in the order of the calls", async () => {
    begun.length = 0;
    const edits = new CoalescedTargetEdits(inner);
    const first = edits.accept("main", [{ bin: "a", edits: [edit("1", 1)] }]);
    await turn();
    const later = [
      edits.accept("main", [{ bin: "a", edits: [edit("2", 2)] }]),
      edits.accept("main", [
        { bin: "b", edits: [edit("3", 3)] },
        { bin: "a", edits: [edit("2", null)] },
      ]),
    ];
    expect(begun).toHaveLength(1);
    begun[0]!.end();
    await first;
    await turn();
    expect(begun).toHaveLength(2);
    expect(begun[1]!.bins).toEqual([
      { bin: "a", edits: [edit("2", 2), edit("2", null)] },
      { bin: "b", edits: [edit("3", 3)] },
    ]);
    begun[1]!.end();
    await Promise.all(later);
  });

  it("accept in one batch the calls of one moment, the first of them too", async () => {
    begun.length = 0;
    const edits = new CoalescedTargetEdits(inner);
    const calls = ["a", "b", "c"].map((bin) => edits.accept("main", [{ bin, edits: [edit(bin, 1)] }]));
    await turn();
    expect(begun.map(({ bins }) => bins.map(({ bin }) => bin))).toEqual([["a", "b", "c"]]);
    begun[0]!.end();
    await Promise.all(calls);
  });

  it("accept together only what follows the same version of targets, in the order of the calls", async () => {
    begun.length = 0;
    const edits = new CoalescedTargetEdits(inner);
    const calls = [undefined, 1, 1, 2, 1].map((follows, index) =>
      edits.accept("main", [{ bin: "a", edits: [edit(`${index}`, 1)], ...(follows === undefined ? {} : { follows }) }]),
    );
    const batches = [["0"], ["1", "2"], ["3"], ["4"]];
    for (const [index, paths] of batches.entries()) {
      await turn();
      expect(begun[index]!.bins.flatMap((bin) => bin.edits.map(({ path }) => path))).toEqual(paths);
      begun[index]!.end();
    }
    await Promise.all(calls);
    expect(begun.map(({ bins }) => bins[0]!.follows)).toEqual([undefined, 1, 2, 1]);
  });

  it("keep repositories apart", async () => {
    begun.length = 0;
    const edits = new CoalescedTargetEdits(inner);
    void edits.accept("one", []);
    void edits.accept("other", []);
    await turn();
    expect(begun).toHaveLength(2);
  });

  it("do not let one call fail the others", async () => {
    begun.length = 0;
    const edits = new CoalescedTargetEdits(inner);
    const first = edits.accept("main", []);
    await turn();
    const [bad, good] = ["bad", "good"].map((bin) => edits.accept("main", [{ bin, edits: [edit("1", 1)] }]));
    const refused = expect(bad).rejects.toThrow("refused");
    begun[0]!.end();
    await first;
    await turn();
    begun[1]!.end(new Error("refused"));
    await turn();
    begun[2]!.end(new Error("refused"));
    await refused;
    await turn();
    expect(begun[3]!.bins.map(({ bin }) => bin)).toEqual(["good"]);
    begun[3]!.end();
    await good;
  });
});
