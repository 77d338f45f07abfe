import { randomBytes } from "node:crypto";
import { corrupt } from "../../domain/tuf/errors.js";
import type { DurableDirectory } from "./durable-directory.js";
import { TIMESTAMP_FILE } from "./published-name.js";
import { versionIn } from "./timestamp-version.js";

interface Claim {
  readonly name: string;
  readonly version: number;
}

/** Each round but two means that another writer came between. */
const MAX_ROUNDS = 1_000;

/**
 * `timestamp.json`, which only rises, whatever number of processes raise it and wherever they stop. No lock: file systems
 * have no compare-and-set for a rename, but a rename consumes its source, so that a source removed in time cannot be put
 * over anything.
 *
 * A writer puts its timestamp as a claim under a name of its own, then repeats: list the claims; read what is published;
 * done if that is the highest; else remove every lower claim, then rename the highest into place, whosever it is. Suppose
 * that claim 5 is renamed over 6. Whoever renamed 6 had not removed 5, so had listed the claims before 5 was put. Then claim
 * 6 was there when the renamer of 5 listed, or was published when it read afterwards: it would not have chosen 5.
 *
 * This asks of the file system that all see its changes of names in one order: a local one, or a cluster file system
 * without cached directories.
 */
export class TimestampFile {
  private prepared: { readonly bytes: Uint8Array; readonly claim: string } | undefined;

  constructor(
    private readonly directory: DurableDirectory,
    private readonly claims: DurableDirectory,
  ) {}

  /** Writes the content of the claim that `raise` will put for these bytes; the claim itself is not there before. */
  async prepare(bytes: Uint8Array | undefined): Promise<void> {
    this.prepared = bytes && { bytes, claim: claimName(versionIn(bytes)) };
    await this.claims.prepare(
      this.prepared === undefined ? [] : [{ name: this.prepared.claim, bytes: this.prepared.bytes }],
    );
  }

  /**
   * As `raise`, but over a published timestamp that is damaged, whatever version that states. A repair that comes late takes
   * nothing back: it has a claim as everybody else.
   */
  async restore(bytes: Uint8Array, damaged: Uint8Array): Promise<boolean> {
    return this.raise(versionIn(bytes), bytes, (published) =>
      Buffer.compare(published, damaged) === 0 ? 0 : versionIn(published),
    );
  }

  /** Whether this call made `bytes` the published timestamp. */
  async raise(metadataVersion: number, bytes: Uint8Array, versionOf = versionIn): Promise<boolean> {
    if (versionIn(bytes) !== metadataVersion) throw corrupt(`timestamp ${metadataVersion} states another version`);
    let raised = false;
    if ((await this.publishedVersion(versionOf)) < metadataVersion) {
      const { prepared } = this;
      this.prepared = undefined; // a second claim has a name of its own
      const isSame = prepared !== undefined && Buffer.compare(prepared.bytes, bytes) === 0;
      await this.claims.create(isSame ? prepared.claim : claimName(metadataVersion), bytes);
      raised = (await this.settle(versionOf)).has(metadataVersion);
    }
    await Promise.all([this.directory.sync(), this.claims.discardPrepared()]);
    const published = await this.directory.read(TIMESTAMP_FILE);
    if (published !== undefined && versionIn(published) === metadataVersion && Buffer.compare(published, bytes) !== 0) {
      throw corrupt(`published timestamp ${metadataVersion} has other content than the database`);
    }
    return raised;
  }

  /** Renames claims into place until none is higher than what is published; answers the versions it renamed. */
  private async settle(versionOf: typeof versionIn): Promise<ReadonlySet<number>> {
    const raised = new Set<number>();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const claims = await this.openClaims();
      const published = await this.publishedVersion(versionOf); // after the listing: see above
      const [highest] = claims.toSorted((left, right) => right.version - left.version);
      const settled = highest === undefined || highest.version <= published;
      const overtaken = claims.filter(({ version }) => settled || version < highest.version);
      for (const { name } of overtaken) await this.claims.remove(name);
      if (settled) return raised;
      if (await this.claims.move(highest.name, this.directory, TIMESTAMP_FILE)) raised.add(highest.version);
    }
    throw corrupt(`published ${TIMESTAMP_FILE} does not rise to what is claimed`);
  }

  private async openClaims(): Promise<readonly Claim[]> {
    const names = await this.claims.names();
    return names
      .map((name) => ({ name, version: Number(/^([1-9][0-9]*)\.[0-9a-f]+\.json$/.exec(name)?.[1] ?? 0) }))
      .filter(({ version }) => version > 0);
  }

  /** 0 where nothing is published. */
  private async publishedVersion(versionOf: typeof versionIn): Promise<number> {
    const bytes = await this.directory.read(TIMESTAMP_FILE);
    return bytes === undefined ? 0 : versionOf(bytes);
  }
}

function claimName(version: number): string {
  return `${version}.${randomBytes(9).toString("hex")}.json`;
}
