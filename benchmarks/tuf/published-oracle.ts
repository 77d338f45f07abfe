import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { binIndexOf, binName, bitLengthOf, type HashBins } from "../../domain/tuf/hash-bins.js";
import type { Target } from "../../domain/tuf/target.js";
import type { TufPlace } from "./tuf-bench.js";

interface Signed<T> {
  readonly signed: T & { readonly expires: string };
}

interface Listed {
  readonly meta: Readonly<Record<string, { readonly version: number }>>;
}

/** A bin as clients find it. */
export interface PublishedBin {
  readonly version: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly targets: Readonly<Record<string, { readonly length: number; readonly hashes: { readonly sha256: string } }>>;
}

/** What the metadata that clients are given says, read from its files as they do, past the service and its database. */
export class PublishedOracle {
  readonly #bins: HashBins;
  readonly #read = new Map<string, Promise<PublishedBin>>();

  private constructor(
    private readonly directory: string,
    private readonly listed: Listed["meta"],
    bins: number,
  ) {
    this.#bins = { bitLength: bitLengthOf(bins), namePrefix: "bins" };
  }

  /** What is published now. */
  static async of({ directory }: TufPlace, bins: number): Promise<PublishedOracle> {
    const metadata = join(directory, "metadata");
    const timestamp = await readSigned<Listed>(metadata, "timestamp.json");
    const version = timestamp.meta["snapshot.json"]!.version;
    const snapshot = await readSigned<Listed>(metadata, `${version}.snapshot.json`);
    return new PublishedOracle(metadata, snapshot.meta, bins);
  }

  /** How many of these targets clients do not find, or find as others. */
  async lost(acknowledged: Iterable<readonly [path: string, target: Target]>): Promise<number> {
    let lost = 0;
    for (const [path, { length, sha256 }] of acknowledged) {
      const digest = createHash("sha256").update(path).digest();
      const { targets } = await this.bin(binIndexOf(this.#bins, digest));
      const found = targets[path];
      if (found?.length !== length || found.hashes.sha256 !== sha256) lost++;
    }
    return lost;
  }

  /** One bin, which is read once. */
  bin(index: number): Promise<PublishedBin> {
    const name = binName(this.#bins, index);
    const known = this.#read.get(name) ?? this.#readBin(name);
    this.#read.set(name, known);
    return known;
  }

  async #readBin(name: string): Promise<PublishedBin> {
    const { version } = this.listed[`${name}.json`]!;
    const { expires, targets } = await readSigned<Pick<PublishedBin, "targets">>(
      this.directory,
      `${version}.${name}.json`,
    );
    return { version, expiresAt: Date.parse(expires), targets };
  }
}

async function readSigned<T>(directory: string, name: string): Promise<Signed<T>["signed"]> {
  return (JSON.parse(await readFile(join(directory, name), "utf8")) as Signed<T>).signed;
}
