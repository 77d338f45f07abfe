import { describe, expect, test } from "vitest";
import { onServer } from "../../integration/backends.js";
import { Promises } from "./promises.js";
import { soakTuf } from "./tuf-soak.js";

onServer((place) => {
  test("workers that are frozen and killed at random lose nothing, and a client notices nothing", async () => {
    const order = { url: place().url, seed: 1, workers: 3, rounds: 2, seconds: 4 };
    const report = await soakTuf(order, () => undefined);
    expect(report.faults).toEqual([]);
    expect(Object.keys(report.turns)).not.toEqual([]);
    expect(report.killed + report.frozen).toBeGreaterThan(0);
    expect(report.polls).toBeGreaterThan(0);
  }, 120_000);
});

describe("what may be published", () => {
  const accepted = (promises: Promises, worker: string, content: string | undefined): void => {
    promises.begun(worker, [["path", content]]);
    promises.accepted(worker);
  };
  const broken = (promises: Promises, found?: string): number =>
    promises.broken(new Map(found === undefined ? [] : [["path", found]])).length;

  test("is what a worker's last accepted edit says", () => {
    const promises = new Promises();
    accepted(promises, "one", "a");
    accepted(promises, "one", "b");
    expect([broken(promises, "a"), broken(promises, "b"), broken(promises)]).toEqual([1, 0, 1]);
    accepted(promises, "one", undefined);
    expect([broken(promises, "b"), broken(promises)]).toEqual([1, 0]);
  });

  test("may be an edit in whose middle a worker died, until its next one", () => {
    const promises = new Promises();
    accepted(promises, "one", "a");
    promises.begun("one", [["path", "b"]]);
    promises.doubted("one");
    expect([broken(promises, "a"), broken(promises, "b"), broken(promises)]).toEqual([0, 0, 1]);
    accepted(promises, "one", "c");
    expect([broken(promises, "b"), broken(promises, "c")]).toEqual([1, 0]);
  });

  test("is the last edit of some worker, and nothing that nobody added", () => {
    const promises = new Promises();
    accepted(promises, "one", "a");
    accepted(promises, "other", "b");
    expect([broken(promises, "a"), broken(promises, "b"), broken(promises, "c")]).toEqual([0, 0, 1]);
    expect(new Promises().broken(new Map([["path", "a"]]))).toEqual(["path was added by nobody"]);
  });
});
