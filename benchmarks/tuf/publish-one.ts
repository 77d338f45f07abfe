import { join } from "node:path";
import { binName, type HashBins } from "../../domain/tuf/hash-bins.js";
import type { ArmName } from "../arms/descriptions.js";
import type { Acknowledged, Bench } from "../bench.js";
import { median } from "../estimate.js";
import { interleaved, timed } from "../measure.js";
import type { TableStore } from "../tables.js";
import { DurableFloor } from "./durable-floor.js";
import { OneBin } from "./one-bin.js";
import { signingFloor } from "./signing-floor.js";
import { WIDE, type Sent, type TufBench } from "./tuf-bench.js";

/** Rounds that are not counted. */
const WARM_UP = 20;

/** The arm that keeps nothing of what it makes. */
export const SIGNING = "render, hash, sign" satisfies ArmName;

export type PublishArm = "distinction" | "handwritten" | typeof SIGNING;

/** What a publish sends: that of most rounds. Into some falls what is sent now and then (old files are looked after), or late. */
export interface SentByPublish {
  /** BEGIN and COMMIT left out. */
  readonly statements: number;
  /** Of statements and parameters. */
  readonly bytes: number;
  /** The most of all rounds. */
  readonly mostBytes: number;
}

/** What a publish comes to beside time. */
export interface Cost extends SentByPublish {
  /** Rows that the server counted as inserted, changed and deleted, in temporary tables too. */
  readonly rows: number;
  readonly signatures: number;
}

export interface PublishOne {
  /**
   * Milliseconds of `distinction`, of `handwritten`: the same committed and synced by hand, and of what neither can do
   * without: render, hash and sign what changes.
   */
  readonly samples: Readonly<Record<PublishArm, readonly number[]>>;
  readonly costs: Readonly<Record<PublishArm, Cost>>;
  /** Targets of this library's publishes that clients do not find as last acknowledged, of so many updates. */
  readonly acknowledged: Acknowledged;
}

/** Publishing one changed bin, with 139 targets in it, of a repository that had none. */
export async function publishOne({ url, tables, random, quick, say }: Bench, bench: TufBench): Promise<PublishOne> {
  const bin = await OneBin.publishedBy(bench, WIDE);
  const signed = await signingFloor(bench, new Map([[binName(WIDE, 0), new Map(bin.targets)]]));
  const durable = await DurableFloor.open(url, join(bench.place.directory, "durable"));
  const { signatures, sent } = bench;
  const publishers = [
    ownPublisher(bench, bin),
    new Publisher("handwritten", { sent: durable.sent, signatures }, async () => durable.publish(await signed())),
    new Publisher(SIGNING, { sent, signatures }, signed),
  ];
  try {
    const samples = await interleaved(publishers, quick ? 60 : 200, random, say, WARM_UP);
    const costs: Partial<Record<PublishArm, Cost>> = {};
    for (const publisher of publishers) costs[publisher.name] = await publisher.cost(tables);
    return {
      samples,
      costs: costs as PublishOne["costs"],
      acknowledged: await bin.acknowledged(),
    };
  } finally {
    await durable.close();
  }
}

/** Few, and an odd number: what most of them send is what one of them sent. */
const COUNTED_ROUNDS = 9;

/** What the same publish sends, of a repository of so many bins that had no targets; nothing is timed. */
export async function countOne(
  bench: TufBench,
  bins: HashBins,
): Promise<SentByPublish & Pick<PublishOne, "acknowledged">> {
  const bin = await OneBin.publishedBy(bench, bins);
  const publisher = ownPublisher(bench, bin);
  for (let round = 0; round < COUNTED_ROUNDS; round++) await publisher.round();
  return { ...publisher.sent, acknowledged: await bin.acknowledged() };
}

function ownPublisher(bench: TufBench, bin: OneBin): Publisher {
  return new Publisher(
    "distinction",
    bench,
    () => bench.service.publish(),
    () => bin.change(),
  );
}

/** An arm, and what its rounds come to. */
class Publisher {
  readonly #statements: number[] = [];
  readonly #bytes: number[] = [];
  #signatures = 0;

  /** @param prepare what is neither timed nor counted */
  constructor(
    readonly name: PublishArm,
    private readonly counters: Pick<TufBench, "signatures"> & { readonly sent: Sent },
    private readonly publish: () => Promise<unknown>,
    private readonly prepare: () => Promise<void> = () => Promise.resolve(),
  ) {}

  /** Milliseconds. */
  readonly round = async (): Promise<number> => {
    const { sent, signatures } = this.counters;
    await this.prepare();
    const before = signatures();
    sent.reset();
    const milliseconds = await timed(this.publish);
    this.#statements.push(sent.statements);
    this.#bytes.push(sent.bytes);
    this.#signatures = signatures() - before;
    return milliseconds;
  };

  get sent(): SentByPublish {
    const [statements, bytes] = [median(this.#statements), median(this.#bytes)];
    return { statements, bytes, mostBytes: Math.max(...this.#bytes) };
  }

  /** Publishes once more, for what the server counts. */
  async cost(tables: TableStore): Promise<Cost> {
    await this.prepare();
    return { ...this.sent, signatures: this.#signatures, rows: await tables.rowsWritten(this.publish) };
  }
}
