import { createHash } from "node:crypto";
import { binIndexOf, binName } from "../../domain/tuf/hash-bins.js";
import { binSigned, timestampSigned } from "../../domain/tuf/metadata-builders.js";
import { SnapshotHead } from "../../domain/tuf/snapshot-head.js";
import type { Target } from "../../domain/tuf/target.js";
import { RoleSigning } from "../../src/application/tuf/trust/role-signing.js";
import type { Bench } from "../bench.js";
import { interleaved, timed, type Samples } from "../measure.js";
import { targetOf, withRepository, type TufBench } from "./tuf-bench.js";

const BINS = 16_384;
const TARGETS = 139;

export interface PublishOne {
  /** Milliseconds of `publish`, and of `floor`: render, hash and sign what it changes. */
  readonly samples: Samples;
  readonly statements: number;
  readonly bytes: number;
  /** Rows that the server inserted, changed and deleted. */
  readonly rows: number;
  readonly signatures: number;
}

/** Publishing one changed bin of 16,384, with 139 targets in it. */
export function publishOne({ url, directory, tables, random, quick, say }: Bench): Promise<PublishOne> {
  return withRepository({ url, directory }, "one", BINS, async (bench) => {
    const paths = pathsOfOneBin(TARGETS);
    const targets = new Map(paths.map((path) => [path, targetOf(path)]));
    await bench.service.add(targets);
    await bench.service.publish();
    const floor = await floorOf(bench, targets);
    let edition = 0;
    let statements = 0;
    let bytes = 0;
    let signatures = 0;
    const publish = async (): Promise<number> => {
      const path = paths[++edition % paths.length]!;
      await bench.service.add(new Map([[path, targetOf(path, edition)]]));
      const signed = bench.signatures();
      bench.sent.reset();
      const milliseconds = await timed(() => bench.service.publish());
      statements = bench.sent.statements;
      bytes = Math.max(bytes, bench.sent.bytes);
      signatures = bench.signatures() - signed;
      return milliseconds;
    };
    const contenders = [
      { name: "publish", round: publish },
      { name: "floor", round: floor },
    ];
    const samples = await interleaved(contenders, quick ? 60 : 200, random, say);
    const path = paths[++edition % paths.length]!;
    await bench.service.add(new Map([[path, targetOf(path, edition)]]));
    const rows = await tables.rowsWritten(() => bench.service.publish());
    return { samples, statements, bytes, rows, signatures };
  });
}

/** The same renderer and key, everything in memory: what is left of a publish without database and storage. */
async function floorOf({ ports, place }: TufBench, targets: Map<string, Target>): Promise<() => Promise<number>> {
  const { codec, keys, store } = ports;
  const repository = (await store.repository(place.name))!;
  const signing = new RoleSigning(keys, codec, Date.now());
  const role = binName(repository, 0);
  let head = SnapshotHead.of(await store.snapshotHead(place.name), codec);
  let version = 1;
  return () =>
    timed(async () => {
      const edition = { metadataVersion: ++version, signedAt: 0, expiresAt: Date.UTC(2030, 0, 1) };
      await signing.sign(role, binSigned(targets, edition), repository, edition);
      head = head.with(new Map([[role, version]]));
      const { file } = await signing.signSnapshot(head, repository, edition);
      await signing.sign("timestamp", timestampSigned(file, edition), repository, edition);
    });
}

/** The first paths that belong into the first bin, as one would meet them. */
function pathsOfOneBin(count: number): string[] {
  const bins = { bitLength: Math.log2(BINS), namePrefix: "bins" };
  const paths: string[] = [];
  for (let index = 0; paths.length < count; index++) {
    const path = `packages/example-${index}/example-${index}-1.0.0.tgz`;
    if (binIndexOf(bins, createHash("sha256").update(path).digest()) === 0) paths.push(path);
  }
  return paths;
}
