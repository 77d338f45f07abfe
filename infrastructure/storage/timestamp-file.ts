import { corrupt } from "../../domain/tuf/errors.js";
import type { DurableDirectory } from "./durable-directory.js";
import { TIMESTAMP_FILE } from "./published-name.js";
import { putIfAbsent } from "./put-if-absent.js";

/** Each round but two means that another writer came between. */
const MAX_ROUNDS = 100;

/**
 * `timestamp.json`, which only rises.
 *
 * File systems have no compare-and-set for a rename, so several processes work with claims: each first puts its timestamp
 * as a file of its own, then raises `timestamp.json` to the highest claim, and looks again until the two agree. A writer
 * that was suspended right before its rename can put an older timestamp over a newer one; it looks again at once and raises
 * it. So the file can fall for the few system calls between these two renames, no longer; if that writer dies between them,
 * until the next `raise`, or the next publish, which compares the file with the recorded export position.
 */
export class TimestampFile {
  constructor(
    private readonly directory: DurableDirectory,
    private readonly claims: DurableDirectory,
  ) {}

  /** Whether this call made `bytes` the published timestamp. */
  async raise(metadataVersion: number, bytes: Uint8Array): Promise<boolean> {
    if (versionIn(bytes) !== metadataVersion) throw corrupt(`timestamp ${metadataVersion} states another version`);
    const published = await this.directory.read(TIMESTAMP_FILE);
    if (published !== undefined) {
      const current = versionIn(published);
      if (current > metadataVersion) return false;
      if (current === metadataVersion) return unchanged(metadataVersion, published, bytes);
    }
    await putIfAbsent(this.claims, `${metadataVersion}.json`, bytes);
    const raised = await this.followClaims();
    await this.directory.sync();
    return raised.has(metadataVersion);
  }

  /** Raises the file until it is at the highest claim; answers the versions that it was raised to. */
  private async followClaims(): Promise<ReadonlySet<number>> {
    const raised = new Set<number>();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const claimed = await this.claimedVersions();
      const highest = Math.max(0, ...claimed);
      const published = await this.directory.read(TIMESTAMP_FILE);
      if (published !== undefined && versionIn(published) >= highest) {
        // The highest claim stays: it is what a fallen timestamp is raised to.
        for (const version of claimed) if (version < highest) await this.claims.remove(`${version}.json`);
        return raised;
      }
      const claim = await this.claims.read(`${highest}.json`);
      if (claim === undefined) continue; // overtaken: whoever removed it left a higher one
      if (versionIn(claim) !== highest) throw corrupt(`the claim of timestamp ${highest} states another version`);
      await this.directory.replace(TIMESTAMP_FILE, claim);
      raised.add(highest);
    }
    throw corrupt(`published ${TIMESTAMP_FILE} lost its claims`);
  }

  private async claimedVersions(): Promise<readonly number[]> {
    const names = await this.claims.names();
    return names.map((name) => Number(/^([1-9][0-9]*)\.json$/.exec(name)?.[1] ?? 0)).filter((version) => version > 0);
  }
}

function unchanged(metadataVersion: number, published: Uint8Array, bytes: Uint8Array): false {
  if (Buffer.compare(published, bytes) === 0) return false;
  throw corrupt(`published timestamp ${metadataVersion} has other content than the database`);
}

/** The version that a published timestamp states. */
function versionIn(bytes: Uint8Array): number {
  try {
    const { signed } = JSON.parse(Buffer.from(bytes).toString("utf8")) as { signed: { version: unknown } };
    if (Number.isSafeInteger(signed.version)) return signed.version as number;
  } catch (cause) {
    throw corrupt(`published ${TIMESTAMP_FILE} cannot be read`, { cause });
  }
  throw corrupt(`published ${TIMESTAMP_FILE} states no version`);
}
