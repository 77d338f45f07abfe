import type { TargetEdits } from "../../domain/tuf/target-edits.js";
import type { CommitOutcome, SnapshotCommit, TufStore } from "../../domain/tuf/tuf-store.js";
import { fileOf, pathsIn, targetOf } from "./tuf-store-fixture.js";

const NOTHING_EXPIRES = { targetsHorizon: 0, binsHorizon: 0 };

/** A page that lists every dirty role and none that expires. */
export const ALL = { ...NOTHING_EXPIRES, after: "", limit: 100 };

export const ZERO = { root: 0, snapshot: 0, timestamp: 0 };

/** The ports of one test, over a database that holds the repository `main`, and what tests do with them again and again. */
export class TufStoreBench {
  store!: TufStore;
  edits!: TargetEdits;

  /** Snapshot `s` under timestamp `t`, which merges `changed`; `mark` makes its files differ. */
  merge(s: number, t: number, changed: Record<string, number> = {}, mark = ""): SnapshotCommit {
    return {
      timestamp: fileOf("timestamp", t, mark),
      snapshot: fileOf("snapshot", s, mark),
      changed: new Map(Object.entries(changed)),
      merged: Object.entries(changed).map(([role, metadataVersion]) => ({ role, metadataVersion })),
    };
  }

  /** Adds the bin's target number `index`. */
  edit(bin: string, index = 0): Promise<void> {
    const path = pathsIn(bin, index + 1)[index]!;
    return this.edits.put("main", bin, new Map([[path, targetOf(path)]]));
  }

  /** Signs the role as it is now. */
  async sign(role: string): Promise<CommitOutcome> {
    const { version, metadataVersion } = await this.store.roleState("main", role);
    return this.store.commitSignedRole("main", { file: fileOf(role, metadataVersion + 1), signedVersion: version });
  }
}
