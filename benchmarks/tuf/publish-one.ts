import { hash } from "node:crypto";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { binIndexOf, binName } from "../../domain/tuf/hash-bins.js";
import type { ArmName } from "../arms/descriptions.js";
import type { Acknowledged, Bench } from "../bench.js";
import { interleaved, timed, type Contender } from "../measure.js";
import { DurableFloor } from "./durable-floor.js";
import { PublishedOracle } from "./published-oracle.js";
import { signingFloor } from "./signing-floor.js";
import { targetOf, WIDE, type TufBench } from "./tuf-bench.js";

/** Rounds that are not counted. */
const WARM_UP = 20;
const TARGETS = 139;

/** The arm that keeps nothing of what it makes. */
export const SIGNING = "render, hash, sign" satisfies ArmName;

type PublishArm = "distinction" | "handwritten" | typeof SIGNING;

export interface PublishOne {
  /**
   * Milliseconds of `distinction`, of `handwritten`: the same committed and synced by hand, and of what neither can do
   * without: render, hash and sign what changes.
   */
  readonly samples: Readonly<Record<PublishArm, readonly number[]>>;
  readonly statements: number;
  readonly bytes: number;
  /** Rows that the server inserted, changed and deleted. */
  readonly rows: number;
  readonly signatures: number;
  /** Targets of this library's publishes that clients do not find as last acknowledged, of so many updates. */
  readonly acknowledged: Acknowledged;
}

/** Publishing one changed bin, with 139 targets in it, of a repository that had none. */
export async function publishOne({ url, tables, random, quick, say }: Bench, bench: TufBench): Promise<PublishOne> {
  const paths = await pathsOfOneBin(TARGETS);
  const targets = new Map(paths.map((path) => [path, targetOf(path)]));
  await bench.service.add(targets);
  await bench.service.publish();
  const stored = new Map(targets);
  const signed = await signingFloor(bench, new Map([[binName(WIDE, 0), targets]]));
  const durable = await DurableFloor.open(url, join(bench.place.directory, "durable"));
  let edition = 0;
  let statements = 0;
  let bytes = 0;
  let signatures = 0;
  const add = async (): Promise<void> => {
    const path = paths[++edition % paths.length]!;
    const target = targetOf(path, edition);
    await bench.service.add(new Map([[path, target]]));
    stored.set(path, target);
  };
  const publish = async (): Promise<number> => {
    await add();
    const before = bench.signatures();
    bench.sent.reset();
    const milliseconds = await timed(() => bench.service.publish());
    statements = bench.sent.statements;
    bytes = Math.max(bytes, bench.sent.bytes);
    signatures = bench.signatures() - before;
    return milliseconds;
  };
  const contenders: readonly (Contender & { readonly name: PublishArm })[] = [
    { name: "distinction", round: publish },
    { name: "handwritten", round: () => timed(async () => durable.publish(await signed())) },
    { name: SIGNING, round: () => timed(signed) },
  ];
  try {
    const found = await interleaved(contenders, quick ? 60 : 200, random, say, WARM_UP);
    const samples = found as PublishOne["samples"];
    await add();
    const rows = await tables.rowsWritten(() => bench.service.publish());
    const published = await PublishedOracle.of(bench.place, 2 ** WIDE.bitLength);
    const acknowledged = { updates: edition, lost: await published.lost(stored) };
    return { samples, statements, bytes, rows, signatures, acknowledged };
  } finally {
    await durable.close();
  }
}

/**
 * The first paths that belong into the first bin, as one would meet them. The search takes seconds, in which the pool must get
 * to close its idle connections: MySQL does so after ten, and the driver warns of packets out of order.
 */
async function pathsOfOneBin(count: number): Promise<string[]> {
  const paths: string[] = [];
  for (let index = 0; paths.length < count; index++) {
    if (index % 10_000 === 0) await setImmediate();
    const path = `packages/example-${index}/example-${index}-1.0.0.tgz`;
    if (binIndexOf(WIDE, hash("sha256", path, "buffer")) === 0) paths.push(path);
  }
  return paths;
}
