import { describe, expect, it } from "vitest";
import { GroupCommit } from "../../../domain/tuf/group-commit.js";

describe("group commit", () => {
  it("answers any number of concurrent callers with at most one further run", async () => {
    const ends: (() => void)[] = [];
    let runs = 0;
    const group = new GroupCommit(async () => {
      const run = ++runs;
      await new Promise<void>((resolve) => ends.push(resolve));
      return run;
    });
    const first = group.run();
    await Promise.resolve();
    const later = [group.run(), group.run(), group.run()];
    expect(ends).toHaveLength(1);
    ends[0]!();
    expect(await first).toBe(1);
    await Promise.resolve();
    // Whoever comes while the second is under way waits for a third: the second may have looked already.
    const latest = group.run();
    ends[1]!();
    expect(await Promise.all(later)).toEqual([2, 2, 2]);
    await Promise.resolve();
    ends[2]!();
    expect(await latest).toBe(3);
  });

  it("answers the callers of one moment with one run", async () => {
    let runs = 0;
    const group = new GroupCommit(async () => ++runs);
    const woken = Promise.resolve();
    const callers = Array.from({ length: 64 }, async () => {
      await woken;
      return group.run();
    });
    expect(new Set(await Promise.all(callers))).toEqual(new Set([1]));
    expect(await group.run()).toBe(2);
  });

  it("goes on after a run that failed", async () => {
    let runs = 0;
    const group = new GroupCommit(async () => {
      await Promise.resolve();
      if (++runs === 1) throw new Error("first");
      return runs;
    });
    const failing = group.run();
    await Promise.resolve();
    const [first, second] = await Promise.allSettled([failing, group.run()]);
    expect([first.status, second]).toEqual(["rejected", { status: "fulfilled", value: 2 }]);
    expect(await group.run()).toBe(3);
  });
});
