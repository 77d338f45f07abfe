import type { TargetEdits } from "../../domain/tuf/target-edits.js";
import type { TrustStore } from "../../domain/tuf/trust-store.js";
import type {
  CommitOutcome,
  MetadataFile,
  RoleCommit,
  RoleState,
  SnapshotCommit,
  TufStore,
} from "../../domain/tuf/tuf-store.js";
import type { Target } from "../../domain/tuf/target.js";
import { digestOf, fileOf, pathsIn, targetOf } from "./tuf-store-fixture.js";

/** A page that lists every dirty role. */
export const ALL = { after: "", limit: 100 };

export const ZERO = { root: 0, snapshot: 0, timestamp: 0 };

/** The ports of one test, over a database that holds the repository `main`, and what tests do with them again and again. */
export class TufStoreBench {
  store!: TufStore;
  trust!: TrustStore;
  edits!: TargetEdits;

  /** Snapshot `s` under timestamp `t`, which merges `changed`; `mark` makes its files differ. */
  merge(s: number, t: number, changed: Record<string, number> = {}, mark = ""): SnapshotCommit {
    return {
      timestamp: fileOf("timestamp", t, mark),
      snapshot: fileOf("snapshot", s, mark),
      signedVersions: { timestamp: 1, snapshot: 1 },
      changed: new Map(Object.entries(changed).map(([role, to]) => [role, { from: to - 1, to }])),
      merged: Object.entries(changed).map(([role, metadataVersion]) => ({ role, metadataVersion })),
    };
  }

  /** Timestamp `t`, over the snapshot that is there. */
  timestamp(t: number, mark = ""): RoleCommit {
    return { file: fileOf("timestamp", t, mark), signedVersion: 1 };
  }

  /** Adds the bin's target number `index`. */
  edit(bin: string, index = 0): Promise<void> {
    const path = pathsIn(bin, index + 1)[index]!;
    return this.put(bin, new Map([[path, targetOf(path)]]));
  }

  /** Signs the role as it is now. */
  async sign(role: string): Promise<CommitOutcome> {
    const { version, metadataVersion } = await this.role(role);
    return this.store.commitSignedRoles("main", [{ file: fileOf(role, metadataVersion + 1), signedVersion: version }]);
  }

  async put(bin: string, targets: ReadonlyMap<string, Target>, repository = "main"): Promise<void> {
    const edits = Array.from(targets, ([path, target]) => ({ path, digest: digestOf(path), target }));
    await this.edits.accept(repository, [{ bin, edits }]);
  }

  async drop(bin: string, ...paths: readonly string[]): Promise<void> {
    const edits = paths.map((path) => ({ path, digest: digestOf(path), target: null }));
    await this.edits.accept("main", [{ bin, edits }]);
  }

  async role(name: string, repository = "main"): Promise<RoleState> {
    const [state] = await this.store.roleStates(repository, [name]);
    return state!;
  }

  async file(role: string, metadataVersion: number): Promise<MetadataFile | undefined> {
    const [file] = await this.store.files("main", [{ role, metadataVersion }]);
    return file;
  }
}
