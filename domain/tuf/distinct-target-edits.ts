import { DistinctRepository } from "../distinction/distinct-repository.js";
import type { RepositoryEnvironment } from "../distinction/save-options.js";
import { DistinctionError } from "../distinction/errors.js";
import type { RecordStore } from "../distinction/record-store.js";
import { type Bin, binType } from "./bin-type.js";
import { TufError } from "./errors.js";
import type { TargetEdits } from "./target-edits.js";
import type { Target } from "./target.js";

/**
 * Edits bins as records: loads the touched paths alone, writes only those that differ, and merges with whoever edits the
 * same bin meanwhile. A bin of which nothing differs is not written, and so stays clean.
 */
export class DistinctTargetEdits implements TargetEdits {
  readonly #bins: DistinctRepository<typeof binType>;

  /** @param store of `binType` records */
  constructor(store: RecordStore, environment: RepositoryEnvironment) {
    this.#bins = new DistinctRepository(binType, store, environment);
  }

  put(repository: string, bin: string, targets: ReadonlyMap<string, Target>): Promise<void> {
    return this.#edit(repository, bin, [...targets.keys()], (record) => {
      for (const [path, { length, sha256, custom = null }] of targets) {
        record.targets.set(path, { length, sha256, custom });
      }
    });
  }

  drop(repository: string, bin: string, paths: ReadonlySet<string>): Promise<void> {
    return this.#edit(repository, bin, [...paths], (record) => {
      for (const path of paths) record.targets.delete(path);
    });
  }

  async #edit(repository: string, name: string, paths: readonly string[], edit: (bin: Bin) => void): Promise<void> {
    try {
      await this.#bins.update(
        { repository, name },
        (bin) => {
          if (bin.rangeLow === null) throw noBin(repository, name);
          edit(bin);
        },
        { scope: { targets: paths } },
      );
    } catch (error) {
      if (error instanceof DistinctionError && error.code === "RECORD_NOT_FOUND") throw noBin(repository, name);
      throw error;
    }
  }
}

function noBin(repository: string, name: string): TufError {
  return new TufError("UNKNOWN_ROLE", `repository ${repository} has no bin ${name}`);
}
