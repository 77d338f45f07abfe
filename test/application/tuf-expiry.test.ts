import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TufRepositoryService } from "../../src/application/tuf/tuf-repository-service.js";
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

  it("lets a role live for another time from its next version on, in publishers too that are at work", async () => {
    const publisher = world.publisher();
    const service = () => new TufRepositoryService(world.ports, "main");
    await world.add("before");
    await publisher.publish("main");
    const timestamp = async () => (await service().status()).roles.find(({ role }) => role === "timestamp")!;
    const { expiresAt } = await timestamp();
    const week = { lifetime: 7 * DAY, renewBefore: 4 * DAY };
    expect(await service().changeExpiry({ timestamp: week })).toMatchObject({ timestamp: week });
    expect(await timestamp()).toMatchObject({ expiresAt, isDue: true }); // less than four days are left of it
    await world.add("after");
    await publisher.publish("main");
    expect(await timestamp()).toMatchObject({ expiresAt: world.clock.time + 7 * DAY, isDue: false });
    expect((await service().status()).lastPublishedAt).toBe(world.clock.time);
    world.clock.time += 2 * DAY;
    expect(await world.publisher().publish("main")).toMatchObject({ committed: "nothing" });
    world.clock.time += DAY;
    expect(await world.publisher().publish("main")).toMatchObject({ committed: "timestamp" });
  });
});
