import type { Table } from "../bench.js";
import type { Chart } from "../charts/chart.js";
import { short } from "../format.js";
import type { ImageUpdates, UpdateCase } from "./image-updates.js";

/** The numbers of requests that the image specification tells the time of, and some between them. */
const REQUESTS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/**
 * The chart of the image specification: execution time against number of requests.
 *
 * @param slice requests of one sample
 */
export function timeChart(updates: readonly ImageUpdates[], one: UpdateCase, slice: number): Chart {
  const [properties, tags, locations] = one.shape;
  return {
    id: `w1-time-against-requests-${one.shape.join("-")}`,
    title: "Execution time against number of requests: full write and difference",
    subtitle: `One attribute of an image with ${properties} properties, ${tags} tags, ${locations} locations; load and save each time`,
    kind: "lines",
    x: { label: "requests" },
    y: { label: "seconds" },
    series: updates
      .filter(({ of }) => of === one)
      .map(({ type, requests }) => ({
        name: type.name,
        points: twentyOf(requests.length).map((slices) => ({
          x: slices * slice,
          y: Number(secondsOf(requests, slices, slice).toFixed(3)),
        })),
      })),
  };
}

/** The same as a table, of as many requests as there were. */
export function timeTable(updates: readonly ImageUpdates[], one: UpdateCase, slice: number): Table {
  const all = updates.filter(({ of }) => of === one);
  const done = slice * Math.max(...all.map(({ requests }) => requests.length));
  const counts = [...REQUESTS.filter((count) => count < done), done];
  return {
    title: `W1: seconds of so many requests, load and save each time, properties, tags, locations = ${one.name}`,
    columns: ["arm", "guarantee", ...counts.map((count) => count.toLocaleString("en"))],
    rows: all.map(({ type, requests }) => [
      type.name,
      type.guarantee,
      ...counts.map((count) => short(secondsOf(requests, count / slice, slice))),
    ]),
  };
}

/** Seconds that the first requests took, so many slices of them. */
function secondsOf(requests: readonly number[], slices: number, slice: number): number {
  return requests.slice(0, slices).reduce((sum, milliseconds) => sum + (milliseconds * slice) / 1000, 0);
}

/** Twenty numbers of slices from none to all of them, whatever their number. */
function twentyOf(count: number): number[] {
  const step = Math.max(1, Math.round(count / 20));
  return Array.from({ length: Math.floor(count / step) + 1 }, (_, index) => index * step);
}
