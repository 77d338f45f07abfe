import { describe, expect, it } from "vitest";
import { systemClock } from "../../infrastructure/clock/system-clock.js";
import { untilCommitted } from "../../src/application/tuf/until-committed.js";

describe("compare-and-set with retries", () => {
  const pauses: number[] = [];
  const contention = {
    clock: { ...systemClock, now: () => 0, sleep: async (milliseconds: number) => void pauses.push(milliseconds) },
    random: () => 1,
  };

  it("repeats while others progress, with longer and longer pauses up to a bound", async () => {
    let round = 0;
    const attempt = async () =>
      ++round < 20 ? { outcome: "stale" as const, metadataVersion: round } : { outcome: "done" as const, value: round };
    expect(await untilCommitted("x", contention, attempt)).toBe(20);
    expect(pauses.slice(0, 3)).toEqual([4, 8, 16]);
    expect(Math.max(...pauses)).toBe(500);
  });

  it("gives up after a bounded number of attempts", async () => {
    let round = 0;
    const attempt = async () => ({ outcome: "stale" as const, metadataVersion: ++round });
    await expect(untilCommitted("x", contention, attempt)).rejects.toMatchObject({ code: "PUBLISH_CONTENDED" });
    expect(round).toBe(40);
  });

  it("tells corrupt from stale: nobody progressed, and still the commit fails", async () => {
    let round = 0;
    const attempt = async () => ({ outcome: "stale" as const, metadataVersion: ++round > 0 ? 7 : 0 });
    await expect(untilCommitted("x", contention, attempt)).rejects.toMatchObject({ code: "CORRUPT_REPOSITORY" });
    expect(round).toBeLessThan(6);
  });
});
