import { expect, test } from "vitest";
import { distinctionArm } from "../../benchmarks/arms/distinction.js";
import { handwrittenArm } from "../../benchmarks/arms/handwritten.js";
import { typeormArm } from "../../benchmarks/arms/typeorm.js";
import { hasWays, overWays } from "../../benchmarks/latency/ways.js";
import { seeded } from "../../benchmarks/random.js";
import { saveOneOverWays } from "../../benchmarks/workloads/save-one-over-ways.js";
import { benchPlace } from "./bench-place.js";

const place = benchPlace(() => Promise.resolve());

test("each arm gets and saves over every way, two statements wait twice as long as it is, and none is lost", async () => {
  const { url, tables } = place;
  const bench = { url, tables, random: seeded(1), say: () => undefined };
  const arms = [distinctionArm, handwrittenArm, typeormArm];
  const { samples, acknowledged, tables: shown } = await saveOneOverWays(bench, arms, 2);
  const stored = { updates: 3 * 8 * 12, lost: 0 }; // two rounds of eight and ten to warm up, over three ways
  expect(acknowledged).toEqual({ distinction: stored, handwritten: stored, typeorm: stored });
  expect(Object.keys(samples)).toEqual(["1 client, 0 ms added", "1 client, 0.5 ms added", "1 client, 2 ms added"]);
  const { distinction, handwritten, typeorm } = samples["1 client, 2 ms added"]!;
  expect(Math.min(...distinction!, ...handwritten!)).toBeGreaterThanOrEqual(4);
  expect(Math.min(...typeorm!), "it sends more").toBeGreaterThanOrEqual(8);
  expect(shown[0]!.rows.map(([added, , arm]) => `${added} ${arm}`)).toContain("0.5 typeorm");
}, 60_000);

test("every way goes through a proxy, the one to which nothing is added as well, and has its round trips measured", async () => {
  const ways = await overWays(place.url, (found) => Promise.resolve(found));
  const ports = [place.url, ...ways.map(({ url }) => url)].map((url) => new URL(url).port);
  expect(new Set(ports).size).toBe(4);
  for (const { added, roundTrip } of ways) expect(roundTrip).toBeGreaterThan(added);
  expect(ways[2]!.roundTrip - ways[0]!.roundTrip).toBeGreaterThan(1);
});

test("only whole runs that add nothing themselves look at longer ways", () => {
  expect(hasWays({ quick: false, roundTrip: 0 })).toBe(true);
  expect(hasWays({ quick: false, roundTrip: 2 }), "its ways would have 2 ms and more").toBe(false);
  expect(hasWays({ quick: true, roundTrip: 0 })).toBe(false);
});
