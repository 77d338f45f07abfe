import type { Estimate } from "./estimate.js";

export interface Goal {
  readonly goal: number;
  readonly better: "lower" | "higher";
}

/** A figure that is published. */
export interface Figure extends Goal {
  /** What is measured, and what it is held against: `numerator / denominator`. */
  readonly compares: string;
}

const SAVE_ONE =
  "W6, 1 client: time to load a record of 22 columns and save one attribute of it, medians of rounds, of which each is the median of 8";

const SAVE_ONE_8 =
  "W6, 8 clients at once, each on records of its own: throughput, told as time per load and save; medians of rounds, of which each is the time for 64 over 64";

/** The figures that are published, with what they have to reach: ratios of one run, counts, and speeds that services ask for. */
export const GOALS: Readonly<Record<string, Figure>> = {
  "save.one.vs.handwritten": {
    compares: `${SAVE_ONE}, distinction / handwritten`,
    goal: 1.1,
    better: "lower",
  },
  "save.one.vs.typeorm": {
    compares: `${SAVE_ONE}, typeorm / distinction`,
    goal: 4,
    better: "higher",
  },
  "save.one.vs.mikroorm": {
    compares: `${SAVE_ONE}, mikroorm / distinction`,
    goal: 5.5,
    better: "higher",
  },
  "save.one.vs.sequelize": {
    compares: `${SAVE_ONE}, sequelize / distinction`,
    goal: 2,
    better: "higher",
  },
  "save.one.8.vs.handwritten": {
    compares: `${SAVE_ONE_8}, distinction / handwritten`,
    goal: 1.1,
    better: "lower",
  },
  "save.one.8.vs.typeorm": {
    compares: `${SAVE_ONE_8}, typeorm / distinction`,
    goal: 4,
    better: "higher",
  },
  "save.one.8.vs.mikroorm": {
    compares: `${SAVE_ONE_8}, mikroorm / distinction`,
    goal: 5.5,
    better: "higher",
  },
  "save.one.8.vs.sequelize": {
    compares: `${SAVE_ONE_8}, sequelize / distinction`,
    goal: 2,
    better: "higher",
  },
  "batch.100.vs.handwritten": {
    compares:
      "W11: time to save 100 loaded records, one attribute changed in each, distinction / handwritten; both send one UPDATE of all rows, which fails where one of them is stale",
    goal: 1.25,
    better: "lower",
  },
  "batch.100.vs.typeorm": {
    compares: "W11: time to save 100 loaded records, one attribute changed in each, typeorm / distinction",
    goal: 25,
    better: "higher",
  },
  "diff.vs.full.competent": {
    compares:
      "W1 to W3 at (30, 5, 3): percent of the time of the save alone that distinction spares against full write, mean of the three; loading is not in it",
    goal: 60,
    better: "higher",
  },
  "diff.vs.full.reference": {
    compares:
      "W1 to W3 at (30, 5, 3): percent of the time of the save alone that distinction spares against full write (reference), mean of the three; loading is not in it",
    goal: 80,
    better: "higher",
  },
  "save.property.vs.handwritten": {
    compares: "W2 at (30, 5, 3): time of the save alone, distinction / handwritten",
    goal: 1.25,
    better: "lower",
  },
  "save.tag.vs.handwritten": {
    compares: "W3 at (30, 5, 3): time of the save alone, distinction / handwritten",
    goal: 1.25,
    better: "lower",
  },
  "entries.slope": {
    compares: "W12: time to save one changed property, of 10,000 / of 10, both distinction",
    goal: 1.5,
    better: "lower",
  },
  "one.attribute.statements": {
    compares: "W1 at (128, 128, 10): statements of one save of distinction, BEGIN and COMMIT left out",
    goal: 1,
    better: "lower",
  },
  "one.attribute.bytes": {
    compares: "W1 at (128, 128, 10): bytes on the wire that one save of distinction sends, everything included",
    goal: 80,
    better: "lower",
  },
  "one.property.statements": {
    compares: "W2 at (128, 128, 10): statements of one save of distinction, BEGIN and COMMIT left out",
    goal: 1,
    better: "lower",
  },
  "one.property.bytes": {
    compares: "W2 at (128, 128, 10): bytes on the wire that one save of distinction sends, everything included",
    goal: 96,
    better: "lower",
  },
  "one.tag.statements": {
    compares: "W3 at (128, 128, 10): statements of one save of distinction, BEGIN and COMMIT left out",
    goal: 2,
    better: "lower",
  },
  "one.tag.bytes": {
    compares: "W3 at (128, 128, 10): bytes on the wire that one save of distinction sends, everything included",
    goal: 160,
    better: "lower",
  },
  "noop.statements": {
    compares: "W4: statements of distinction's save of a record or an image that nobody changed, the larger of the two",
    goal: 0,
    better: "lower",
  },
  "noop.bytes": {
    compares: "W4: bytes on the wire that distinction sends to save an image that nobody changed, everything included",
    goal: 0,
    better: "lower",
  },
  "batches.lost": {
    compares: "W11: updates in batches that distinction acknowledged and lost, those of two batches at once among them",
    goal: 0,
    better: "lower",
  },
  "hot.8.vs.pessimistic": {
    compares:
      "W8: updates per second of 8 writers of one record, an attribute each, distinction in one process / pessimistic",
    goal: 1,
    better: "higher",
  },
  "hot.8.apart.vs.pessimistic": {
    compares: "W8: updates per second of 8 writers of one record, an attribute each, distinction, apart / pessimistic",
    goal: 1,
    better: "higher",
  },
  "hot.64.lost": {
    compares: "W8: updates of 64 writers that distinction acknowledged and lost, in one process and apart",
    goal: 0,
    better: "lower",
  },
  "hot.image.lost": {
    compares:
      "W8: updates of 8 writers of one image, a property each, that distinction acknowledged and lost, in one process and apart",
    goal: 0,
    better: "lower",
  },
  "overlap.lost": {
    compares:
      "W9: updates of 8 writers that distinction acknowledged and lost, in one process and apart, whatever their overlap",
    goal: 0,
    better: "lower",
  },
  "tuf.accept.one.per.second": {
    compares:
      "W20: throughput of accepting 1 new target, distinction / handwritten: an INSERT with its bin marked in the same transaction",
    goal: 0.7,
    better: "higher",
  },
  "tuf.accept.per.second": {
    compares:
      "W20: throughput of accepting 4,000 new targets at once, distinction / handwritten: a multi-row INSERT with its bins marked in the same transaction",
    goal: 0.7,
    better: "higher",
  },
  "tuf.accept.one.vs.insert": {
    compares: "W20: throughput of accepting 1 new target, distinction / insert: the INSERT alone, which marks no bin",
    goal: 0.7,
    better: "higher",
  },
  "tuf.accept.vs.insert": {
    compares:
      "W20: throughput of accepting 4,000 new targets at once, distinction / insert: the multi-row INSERT alone, which marks no bins",
    goal: 0.7,
    better: "higher",
  },
  "tuf.publish.vs.lock": {
    compares:
      "W20: 4 workers at 2,048 bins have 100 tasks each, each task to add one target and wait until clients can see it; time until the last is done, one task at a time under a global lock / all tasks of a worker under way together",
    goal: 10,
    better: "higher",
  },
  "tuf.publish.vs.floor": {
    compares:
      "W20: time to publish one changed bin of 16,384, committed and synced / to render, hash and sign what changed, in memory",
    goal: 2,
    better: "lower",
  },
  "tuf.publish.db.bytes": {
    compares:
      "W20: bytes of statements and parameters to publish one changed bin of 16,384 with 139 targets in it (of 8,192 where nothing is timed), the most of all rounds",
    goal: 40 * 1024,
    better: "lower",
  },
  "one.publish.statements": {
    compares:
      "W20: statements to publish one changed bin with 139 targets in it, BEGIN and COMMIT left out, the median of 9 publishes",
    goal: 11,
    better: "lower",
  },
  "one.publish.bytes": {
    compares:
      "W20: bytes of statements and parameters to publish one changed bin with 139 targets in it, the median of 9 publishes",
    goal: 27_500,
    better: "lower",
  },
  "tuf.visible.64.per.second": {
    compares:
      "W20: targets per second of 64 adders in one process, 16,384 bins, each waiting until its target is visible",
    goal: 1_500,
    better: "higher",
  },
  "tuf.visible.64.p99.ms": {
    compares: "W20: milliseconds from the call of one of 64 adders until its target is visible, 99th percentile",
    goal: 100,
    better: "lower",
  },
  "tuf.import.per.second": {
    compares: "W21: targets per second of 1,000,000 accepted and published, 16,384 bins",
    goal: 10_000,
    better: "higher",
  },
  "tuf.import.mib": {
    compares: "W21: most resident memory of the process that accepts and publishes 1,000,000 targets, in MiB",
    goal: 1_024,
    better: "lower",
  },
  "tuf.renewal.seconds": {
    compares: "W22: seconds until all of 16,384 bins are renewed, publishing interleaved",
    goal: 120,
    better: "lower",
  },
  "memory.vs.rows": {
    compares: "W14: bytes of heap per loaded record of 22 columns, distinction / rows of the driver",
    goal: 2,
    better: "lower",
  },
};

/** Those that a run which only counts judges; what counts nothing else, times are needed for. */
const COUNTED: ReadonlySet<string> = new Set([
  ...["attribute", "property", "tag"].flatMap((what) => [`one.${what}.statements`, `one.${what}.bytes`]),
  ...["tuf.publish.db.bytes", "one.publish.statements", "one.publish.bytes"],
  ...["noop.statements", "noop.bytes", "hot.64.lost", "hot.image.lost", "overlap.lost", "batches.lost"],
]);

/** Those of a million targets and 16,384 bins, which only a whole run imports and renews. */
const WHOLE: ReadonlySet<string> = new Set(["tuf.import.per.second", "tuf.import.mib", "tuf.renewal.seconds"]);

/** The figures that a run of these workloads must judge: one that is not there fails nothing by itself. */
export function judgedBy(
  workloads: readonly string[],
  { counts, quick }: { readonly counts: boolean; readonly quick: boolean },
): string[] {
  return Object.entries(GOALS)
    .filter(([name]) => (counts ? COUNTED.has(name) : !name.startsWith("one.") && !(quick && WHOLE.has(name))))
    .filter(([, { compares }]) => workloadsOf(compares).every((id) => workloads.includes(id)))
    .map(([name]) => name);
}

/** `W6, …` is of one workload, `W1 to W3 …` of three. */
function workloadsOf(compares: string): string[] {
  const [, first, last = first] = /^W(\d+)(?: to W(\d+))?/.exec(compares)!;
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => `W${Number(first) + index}`);
}

/** What a figure says of its goal: neither of the two where another run might say the other. */
export type Verdict = "met" | "MISSED" | "undecided";

/** Both bounds of the interval have to be on one side of the goal; those of what was counted or timed once are the figure itself. */
export function verdictOn(goal: Goal, { low, high }: Estimate): Verdict {
  const isMet = reached(goal, low);
  if (isMet !== reached(goal, high)) return "undecided";
  return isMet ? "met" : "MISSED";
}

function reached({ goal, better }: Goal, value: number): boolean {
  return better === "lower" ? value <= goal : value >= goal;
}
