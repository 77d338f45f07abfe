import { hash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { binCount, binIndexOf, type HashBins } from "../../domain/tuf/hash-bins.js";
import type { Target } from "../../domain/tuf/target.js";
import type { Acknowledged } from "../bench.js";
import { PublishedOracle } from "./published-oracle.js";
import { targetOf, type TufBench } from "./tuf-bench.js";

const TARGETS = 139;

/** The first bin of a repository that has no other targets: 139 of them, of which one changes before each publish. */
export class OneBin {
  #changes = 0;

  private constructor(
    private readonly bench: TufBench,
    private readonly bins: HashBins,
    readonly targets: Map<string, Target>,
  ) {}

  static async publishedBy(bench: TufBench, bins: HashBins): Promise<OneBin> {
    const paths = await pathsOfFirst(bins, TARGETS);
    const targets = new Map(paths.map((path) => [path, targetOf(path)]));
    await bench.service.add(targets);
    await bench.service.publish();
    return new OneBin(bench, bins, targets);
  }

  async change(): Promise<void> {
    const path = [...this.targets.keys()][++this.#changes % this.targets.size]!;
    const target = targetOf(path, this.#changes);
    await this.bench.service.add(new Map([[path, target]]));
    this.targets.set(path, target);
  }

  /** What clients do not find as it was last changed, once all of it is published. */
  async acknowledged(): Promise<Acknowledged> {
    const published = await PublishedOracle.of(this.bench.place, binCount(this.bins));
    return { updates: this.#changes, lost: await published.lost(this.targets) };
  }
}

/**
 * The first paths that belong into the first bin, as one would meet them. The search takes seconds, in which the pool must get
 * to close its idle connections: MySQL does so after ten, and the driver warns of packets out of order.
 */
async function pathsOfFirst(bins: HashBins, count: number): Promise<string[]> {
  const paths: string[] = [];
  for (let index = 0; paths.length < count; index++) {
    if (index % 10_000 === 0) await setImmediate();
    const path = `packages/example-${index}/example-${index}-1.0.0.tgz`;
    if (binIndexOf(bins, hash("sha256", path, "buffer")) === 0) paths.push(path);
  }
  return paths;
}
