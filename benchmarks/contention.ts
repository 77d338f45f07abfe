import { isOwn, type Arm } from "./arms/arm.js";
import type { Acknowledged, Table } from "./bench.js";
import { medianOf, ratioOf } from "./estimate.js";
import { short, withInterval } from "./format.js";
import type { Samples } from "./measure.js";
import { hotTable } from "./model/hot.js";
import { CounterOracle } from "./oracle.js";
import type { Random } from "./random.js";
import type { TableStore } from "./tables.js";

/** A way to change records or images. */
export interface Contending {
  readonly name: string;
  readonly guarantee: string;
}

/** What one arm's updates of hot records came to. */
export interface Tally {
  updates: number;
  retries: number;
  lost: number;
}

/** Of arms that did nothing yet. */
export function noUpdates<T extends Contending>(types: readonly T[]): Map<T, Tally> {
  return new Map(types.map((type) => [type, { updates: 0, retries: 0, lost: 0 }]));
}

/** A record that many writers raise counters of, and that nobody wrote before: the oracle knows where they began. */
export class ContendedRecord {
  readonly #oracle = new CounterOracle();

  constructor(
    private readonly id: string,
    private readonly arm: Arm,
    private readonly tally: Tally,
  ) {}

  async increment(attribute: string): Promise<void> {
    const retries = await this.arm.increment(this.id, attribute);
    this.tally.retries += retries; // not before the await: others count meanwhile
    this.tally.updates++;
    this.#oracle.acknowledge(attribute);
  }

  /** Adds to the tally what was acknowledged and is not stored, once all writers are done. */
  async countLost(tables: TableStore): Promise<void> {
    this.tally.lost += await this.#oracle.lost(tables, hotTable, this.id);
  }
}

/** What a table of contending arms says beside what became of their updates: columns of its own, as times where time was taken. */
export interface OwnColumns {
  readonly names: readonly string[];
  readonly cells: (type: Contending) => readonly string[];
}

/** How much of what they do arms get done, and how many times as much as one of them. */
export function throughput(what: string, samples: Samples, against: string, random: Random): OwnColumns {
  return {
    names: [`${what} per second`, `against ${against}`],
    cells: ({ name }) => {
      const { value, low, high } = medianOf(samples[name]!, random);
      const perSecond = { value: 1000 / value, low: 1000 / high, high: 1000 / low };
      return [withInterval(perSecond), withInterval(ratioOf(samples[against]!, samples[name]!, random))];
    },
  };
}

/** What became of the updates of contending arms. */
export function tallyTable(
  title: string,
  tallies: ReadonlyMap<Contending, Tally>,
  own: OwnColumns = { names: [], cells: () => [] },
): Table {
  return {
    title,
    columns: ["arm", "guarantee", ...own.names, "writers", "retries per update", "lost", "of"],
    rows: [...tallies].map(([type, tally]) => [
      type.name,
      type.guarantee,
      ...own.cells(type),
      ...meeting(type, tally),
      tally.lost,
      tally.updates,
    ]),
  };
}

/** Where its writers meet. One repository orders its own before they come to the database: what begins again there costs no round trip. */
function meeting({ name }: Contending, { updates, retries }: Tally): [writers: string, retries: string] {
  const perUpdate = short(retries / updates);
  return name === "distinction" ? ["one process", `${perUpdate} in memory`] : ["apart", perUpdate];
}

/** By the name of the arm, added up over several tables. */
export function acknowledgedBy(tallies: readonly ReadonlyMap<Contending, Tally>[]): Record<string, Acknowledged> {
  const sums: Record<string, Acknowledged> = {};
  for (const [{ name }, { updates, lost }] of tallies.flatMap((each) => [...each])) {
    const before = sums[name] ?? { updates: 0, lost: 0 };
    sums[name] = { updates: before.updates + updates, lost: before.lost + lost };
  }
  return sums;
}

/** What this library lost, however its writers met. */
export function ownLosses(acknowledged: Readonly<Record<string, Pick<Acknowledged, "lost">>>): number {
  return Object.entries(acknowledged).reduce((sum, [arm, { lost }]) => sum + (isOwn(arm) ? lost : 0), 0);
}
