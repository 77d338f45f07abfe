import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashesOf, makeTufWorld, type TufWorld } from "./tuf-world.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("publish before metadata expires", () => {
  let world: TufWorld;
  beforeEach(async () => {
    world = await makeTufWorld();
  });
  afterEach(() => world.remove());

  it("renews a timestamp alone, over the same snapshot", async () => {
    world.clock.time += 15 * HOUR;
    expect(await world.publisher().publish("main")).toMatchObject({ committed: "nothing" });
    world.clock.time += 2 * HOUR;
    const report = await world.publisher().publish("main");
    expect(report).toMatchObject({ committed: "timestamp", snapshotVersion: 1, timestampVersion: 2 });
    expect(report.filesWritten).toEqual(["timestamp.json"]);
    world.clock.time += 20 * HOUR;
    await world.published();
  });

  it("renews the snapshot with its timestamp", async () => {
    world.clock.time += 6 * DAY;
    expect(await world.publisher().publish("main")).toMatchObject({ committed: "snapshot", rolesSigned: [] });
    expect(await world.published()).toEqual(new Map());
  });

  it("signs bins anew, then targets when their time comes", async () => {
    await world.add("kept");
    world.clock.time += 65 * DAY;
    const publisher = world.publisher();
    expect((await publisher.publish("main")).rolesSigned).toHaveLength(4);
    expect((await publisher.publish("main")).rolesSigned).toHaveLength(0);
    expect(await world.published()).toEqual(hashesOf("kept"));
    world.clock.time += 245 * DAY;
    expect((await publisher.publish("main")).rolesSigned.map(({ role }) => role)).toContain("targets");
    expect(await world.published()).toEqual(hashesOf("kept"));
  });
});
