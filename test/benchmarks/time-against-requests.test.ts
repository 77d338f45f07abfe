import { expect, test } from "vitest";
import type { ImageUpdates, UpdateCase } from "../../benchmarks/workloads/image-updates.js";
import { timeChart, timeTable } from "../../benchmarks/workloads/time-against-requests.js";

const SLICE = 10;
const one = { shape: [30, 5, 3], name: "(30, 5, 3)" } as unknown as UpdateCase;

/** Requests that took two milliseconds each, so many slices of them. */
function updates(slices: number): ImageUpdates[] {
  const requests = Array<number>(slices).fill(2);
  const type = { name: "distinction", guarantee: "version checked" };
  return [{ type, of: one, requests } as unknown as ImageUpdates];
}

test("the time of a number of requests is that of all before them, in the table as in the chart", () => {
  const { columns, rows } = timeTable(updates(1_000), one, SLICE);
  expect(columns).toEqual(["arm", "guarantee", "100", "200", "500", "1,000", "2,000", "5,000", "10,000"]);
  expect(rows).toEqual([["distinction", "version checked", "0.2", "0.4", "1", "2", "4", "10", "20"]]);
  const { points } = timeChart(updates(1_000), one, SLICE).series[0]!;
  expect([points.length, points[0], points.at(-1)]).toEqual([21, { x: 0, y: 0 }, { x: 10_000, y: 20 }]);
});

test("a run of fewer requests tells of as many as it made", () => {
  expect(timeTable(updates(30), one, SLICE).columns.slice(2)).toEqual(["100", "200", "300"]);
  expect(timeTable(updates(5), one, SLICE).columns.slice(2)).toEqual(["50"]);
});
