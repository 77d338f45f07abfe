import { binCount, type HashBins } from "../../domain/tuf/hash-bins.js";
import type { Acknowledged, Bench, Findings, Table, Workload } from "../bench.js";
import { exactly, medianOf, ratioOf, type Estimate } from "../estimate.js";
import { short, withInterval } from "../format.js";
import type { Samples } from "../measure.js";
import type { Random } from "../random.js";
import { accept, BATCHES } from "../tuf/accept.js";
import { countOne, publishOne, SIGNING, type PublishArm, type PublishOne } from "../tuf/publish-one.js";
import { TARGETS, WIDE, withRepository } from "../tuf/tuf-bench.js";
import { visible, type Visible } from "../tuf/visible.js";
import { CREW_ARMS, workers, type Crew, type CrewFindings } from "../tuf/workers.js";

/** The crew whose time is held against its goal; it does more, and more often. */
const JUDGED: Crew = { bins: 2_048, workers: 4 };

const OTHERS: readonly Crew[] = [256, 2_048, 16_384].flatMap((bins) =>
  [1, 2, 4].map((count) => ({ bins, workers: count })),
);

/** The arms whose ratio has a goal. */
function judgedArms(rounds: number) {
  return { distinction: rounds, "global lock": rounds };
}

/** What tells apart how much of that ratio is the missing lock, and how much that tasks of a worker are done together. */
const BETWEEN = { "no lock, one at a time": 3, "global lock, together": 3 } as const;

/**
 * The bins where nothing is timed: 16,384 take twice as long to make. A publish of the same targets sends the same to the byte,
 * because bins' names are as long and nothing is sent of the others; these targets' paths are a few digits shorter. Were
 * a snapshot stored with what it lists, its 270 KB would be as plain to see as 540.
 */
const FEWER: HashBins = { ...WIDE, bitLength: WIDE.bitLength - 1 };

/** As they are counted before the driver has them: not those on the wire, which the workloads of images count. */
const BYTES = "bytes of SQL and parameters";

/** Of all its tables, those that it makes to answer a query among them. */
const ROWS = "rows written (the server's count, temporary tables included)";

/** Accepting targets and making them visible, against what cannot be done without and against a global lock. */
export const tufPublish: Workload = {
  id: "W20",
  title: "TUF: accept and publish",
  async run(bench: Bench): Promise<Findings> {
    const { random, quick } = bench;
    const [one, many, accepted] = await withRepository(bench, "wide", 2 ** WIDE.bitLength, async (repository) => [
      await publishOne(bench, repository), // first: it counts on empty bins
      await visible(bench, repository),
      await accept(bench, repository), // last: it leaves targets in every bin that nobody published
    ]);
    const judged = await workers(
      bench,
      JUDGED,
      quick ? 50 : 100,
      quick ? judgedArms(2) : { ...judgedArms(5), ...BETWEEN },
    );
    const crews = [judged];
    if (!quick) {
      for (const crew of OTHERS) {
        if (crew.bins === JUDGED.bins && crew.workers === JUDGED.workers) continue;
        crews.push(await workers(bench, crew, 50, judgedArms(5)));
      }
    }
    const [single, most] = BATCHES.map((size) => accepted[size]!) as [Samples, Samples];
    return {
      tables: [
        ...BATCHES.map((size) => acceptTable(size, accepted[size]!, random)),
        publishTable(one, random),
        visibleTable(many),
        crewTable(crews, random),
      ],
      ratios: {
        // Throughput of one over that of the other is time of the other over that of the one.
        "tuf.accept.one.per.second": ratioOf(single["handwritten"]!, single["distinction"]!, random),
        "tuf.accept.per.second": ratioOf(most["handwritten"]!, most["distinction"]!, random),
        "tuf.accept.one.vs.insert": ratioOf(single["insert"]!, single["distinction"]!, random),
        "tuf.accept.vs.insert": ratioOf(most["insert"]!, most["distinction"]!, random),
        "tuf.publish.vs.floor": ratioOf(one.samples.distinction, one.samples[SIGNING], random),
        "tuf.publish.db.bytes": exactly(one.costs.distinction.mostBytes),
        "tuf.visible.64.per.second": many.perSecond,
        "tuf.visible.64.p99.ms": many.p99,
        "tuf.publish.vs.lock": ratioOf(judged.samples["global lock"]!, judged.samples["distinction"]!, random),
      },
      acknowledged: {
        [TARGETS]: sum([one.acknowledged, many.acknowledged, ...acknowledgedBy(crews, "free")]),
        [`${TARGETS} under a global lock`]: sum(acknowledgedBy(crews, "locked")),
      },
      samples: {
        ...Object.fromEntries(BATCHES.map((size) => [acceptCase(size), accepted[size]!])),
        [PUBLISH]: one.samples,
        [ADDERS]: many.samples,
        ...Object.fromEntries(
          crews.map(({ bins, workers: count, samples }) => [`${count} workers, ${bins} bins`, samples]),
        ),
      },
    };
  },
  async count(bench: Bench): Promise<Findings> {
    const { statements, bytes, mostBytes, acknowledged } = await withRepository(
      bench,
      "counted",
      binCount(FEWER),
      (repository) => countOne(repository, FEWER),
    );
    return {
      tables: [
        {
          title: `W20: ${PUBLISH} of 8,192, 139 targets in it, BEGIN and COMMIT not counted`,
          columns: ["arm", "guarantee", "statements", BYTES, "the most of all rounds"],
          rows: [["distinction", PUBLISHERS.distinction, statements, bytes, mostBytes]],
        },
      ],
      ratios: {
        "tuf.publish.db.bytes": exactly(mostBytes),
        "one.publish.statements": exactly(statements),
        "one.publish.bytes": exactly(bytes),
      },
      acknowledged: { [TARGETS]: acknowledged },
    };
  },
};

function sum(all: readonly Acknowledged[]): Acknowledged {
  return {
    updates: all.reduce((total, { updates }) => total + updates, 0),
    lost: all.reduce((total, { lost }) => total + lost, 0),
  };
}

/** Cases have their names in the titles of their tables, which tell what each arm guarantees. */
const PUBLISH = "publish of one changed bin";
const ADDERS = "64 adders";

function acceptCase(size: number): string {
  return size === 1 ? "accept one new target" : `accept ${size} new targets at once`;
}

function acceptTable(size: number, samples: Samples, random: Random): Table {
  return {
    title: `W20: ${acceptCase(size)}, 16,384 bins (milliseconds)`,
    columns: ["arm", "guarantee", "time", "against handwritten", "against insert"],
    rows: (["distinction", "handwritten", "insert"] as const).map((arm) => [
      arm,
      arm === "insert" ? "none: nobody could tell what to publish" : "bins marked in the same transaction",
      withInterval(medianOf(samples[arm]!, random)),
      withInterval(ratioOf(samples[arm]!, samples["handwritten"]!, random)),
      withInterval(ratioOf(samples[arm]!, samples["insert"]!, random)),
    ]),
  };
}

/** What each promises of what it publishes. */
const PUBLISHERS: Readonly<Record<PublishArm, string>> = {
  distinction: "one commit, versions checked",
  handwritten: "lasts, versions not checked",
  [SIGNING]: "none: nothing is stored",
};

function publishTable({ samples, costs }: PublishOne, random: Random): Table {
  const row = (arm: PublishArm): (string | number)[] => {
    const { statements, bytes, rows, signatures } = costs[arm];
    return [
      arm,
      PUBLISHERS[arm],
      withInterval(medianOf(samples[arm], random)),
      withInterval(ratioOf(samples.distinction, samples[arm], random)),
      ...[statements, bytes, rows, signatures],
    ];
  };
  const counted = ["statements", BYTES, ROWS, "signatures"];
  return {
    title: `W20: ${PUBLISH} of 16,384, 139 targets in it, BEGIN and COMMIT not counted`,
    columns: ["arm", "guarantee", "milliseconds", "distinction against it", ...counted],
    rows: (Object.keys(PUBLISHERS) as PublishArm[]).map(row),
  };
}

function visibleTable(many: Visible): Table {
  return {
    title: `W20: ${ADDERS} of one process at 16,384 bins, each waiting until its target is visible`,
    columns: ["arm", "guarantee", "per second", "p50 (ms)", "p99 (ms)", "statements per add", `${BYTES} per add`],
    rows: [
      [
        "distinction",
        "versions checked",
        ...[many.perSecond, many.p50, many.p99].map(withInterval),
        ...[many.statementsPerAdd, many.bytesPerAdd].map(short),
      ],
      [
        "handwritten",
        "groups of 64 that last, versions not checked",
        ...[many.byHand.perSecond, many.byHand.p50, many.byHand.p99].map(withInterval),
        "",
        "",
      ],
    ],
  };
}

function acknowledgedBy(crews: readonly CrewFindings[], by: "free" | "locked"): Acknowledged[] {
  return crews.flatMap(({ arms }) => arms.map(({ acknowledged }) => acknowledged[by]));
}

function crewTable(crews: readonly CrewFindings[], random: Random): Table {
  return {
    title:
      "W20: tasks of one target each, until all are visible; a signature is wasted where another worker published first",
    columns: [
      ...["bins", "workers", "tasks each", "arm", "guarantee", "rounds", "seconds per round", "against distinction"],
      ...["statements per task", `${BYTES} per task`, "signatures per task", "wasted per task"],
    ],
    rows: crews.flatMap(({ bins, workers: count, tasks: each, samples, arms }) =>
      arms.map(({ name, output }) => {
        const { tasks, statements, bytes, signatures, published } = output;
        const times = samples[name]!;
        const guarantee = CREW_ARMS[name].locked ? "all locked" : "versions checked";
        return [
          ...[bins, count, each, name, guarantee, times.length],
          withInterval(secondsOf(medianOf(times, random))),
          withInterval(ratioOf(times, samples["distinction"]!, random)),
          ...[statements, bytes, signatures, signatures - published].map((all) => short(all / tasks)),
        ];
      }),
    ),
  };
}

function secondsOf({ value, low, high }: Estimate): Estimate {
  return { value: value / 1000, low: low / 1000, high: high / 1000 };
}
