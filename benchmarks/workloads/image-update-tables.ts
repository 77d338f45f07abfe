import type { Table } from "../bench.js";
import { medianOf, percentLess, ratioOf } from "../estimate.js";
import { withInterval } from "../format.js";
import type { Way } from "../latency/ways.js";
import type { Samples } from "../measure.js";
import type { Random } from "../random.js";
import { samplesOf, type ImageUpdates, type UpdateCase } from "./image-updates.js";

/** A table per case, each a shape: what a request and its save take, how that compares, and what they send. */
export function updateTables(
  title: string,
  updates: readonly ImageUpdates[],
  cases: readonly UpdateCase[],
  random: Random,
): Table[] {
  return cases.map((one) => {
    const all = updates.filter(({ of }) => of === one);
    const own = all.find(({ type }) => type.name === "distinction")!;
    return {
      title: `${title}, properties, tags, locations = ${one.name} (milliseconds)`,
      columns: [
        "arm",
        "guarantee",
        "load and save",
        "save",
        "spared by the difference",
        "of load and save",
        "statements to load",
        "to save",
        "bytes on the wire to save",
      ],
      rows: all.map(({ type, requests, saves, sent }) => [
        type.name,
        type.guarantee,
        withInterval(medianOf(requests, random)),
        withInterval(medianOf(saves, random)),
        type === own.type ? "" : spared(own.saves, saves, random),
        type === own.type ? "" : spared(own.requests, requests, random),
        sent.load.statements,
        sent.save.statements,
        sent.save.bytes,
      ]),
    };
  });
}

/** One table of what cases take that differ by their way to the server alone. */
export function wayTable(
  title: string,
  updates: readonly ImageUpdates[],
  ways: readonly Way[],
  cases: readonly UpdateCase[],
  random: Random,
): Table {
  return {
    title: `${title}, milliseconds added to every round trip (milliseconds)`,
    columns: [
      "added",
      "round trip (ms)",
      "arm",
      "guarantee",
      "load and save",
      "save",
      "spared by the difference",
      "statements to save",
    ],
    rows: cases.flatMap((one, index) => {
      const all = updates.filter(({ of }) => of === one);
      const own = all.find(({ type }) => type.name === "distinction")!;
      return all.map(({ type, requests, saves, sent }) => [
        ways[index]!.added,
        ways[index]!.roundTrip,
        type.name,
        type.guarantee,
        withInterval(medianOf(requests, random)),
        withInterval(medianOf(saves, random)),
        type === own.type ? "" : spared(own.saves, saves, random),
        sent.save.statements,
      ]);
    }),
  };
}

function spared(own: readonly number[], others: readonly number[], random: Random): string {
  return `${Math.round(percentLess(ratioOf(own, others, random)).value)} %`;
}

export function updateSamples(updates: readonly ImageUpdates[], cases: readonly UpdateCase[]): Record<string, Samples> {
  return Object.fromEntries(
    cases.flatMap((one) => [
      [`${one.name}, load and save`, samplesOf(updates, "requests", one)],
      [`${one.name}, save`, samplesOf(updates, "saves", one)],
    ]),
  );
}
