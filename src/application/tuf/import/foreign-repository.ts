import { InvalidTargetsError } from "../../../../domain/tuf/errors.js";
import type { MetadataDocument, TargetsSigned } from "../../../../domain/tuf/metadata-document.js";
import { type Target, targetFaults } from "../../../../domain/tuf/target.js";
import { checkNoDelegations, foreignBins } from "./foreign-bins.js";
import { type ForeignPorts, ForeignReader, type ForeignRoot } from "./foreign-reader.js";
import { delegated, unverified } from "./trusted-reader.js";

/** A repository that other tools made, as its newest timestamp shows it. Of its targets one file is in memory at a time. */
export class ForeignRepository {
  private constructor(
    private readonly ports: ForeignPorts,
    private readonly reader: ForeignReader,
    readonly roots: readonly [ForeignRoot, ...ForeignRoot[]],
    readonly timestampVersion: number,
    private readonly snapshot: MetadataDocument<"snapshot">["signed"],
  ) {}

  /**
   * @param now epoch milliseconds
   * @throws {TufError} UNVERIFIED_METADATA, INVALID_METADATA, ROOT_OUT_OF_ORDER, ROOT_EXPIRED, THRESHOLD_NOT_MET
   */
  static async open(ports: ForeignPorts, now: number): Promise<ForeignRepository> {
    const reader = new ForeignReader(ports, now);
    const roots = await reader.roots();
    const root = (roots.at(-1) ?? roots[0]).document.signed;
    const { signed: timestamp } = await reader.timestamp(delegated(root, "timestamp"));
    const { signed } = await reader.listed("snapshot", "snapshot", timestamp.meta, delegated(root, "snapshot"));
    return new ForeignRepository(ports, reader, roots, timestamp.version, signed);
  }

  get root(): ForeignRoot {
    return this.roots.at(-1) ?? this.roots[0];
  }

  get snapshotVersion(): number {
    return this.snapshot.version;
  }

  /** Roles whose metadata had expired, as far as it was read. */
  get expired(): readonly string[] {
    return [...this.reader.expired].sort();
  }

  /** Metadata versions of `targets` and of delegated roles, as clients have seen them. */
  get listed(): ReadonlyMap<string, number> {
    const entries = Object.entries(this.snapshot.meta);
    return new Map(entries.map(([file, { version }]) => [file.replace(/\.json$/, ""), version]));
  }

  /**
   * The targets of one file after another. Where two files speak of one path, the one that clients ask first comes last.
   * @throws {TufError} as `open`, and UNSUPPORTED_DELEGATION, INVALID_TARGET_PATH, INVALID_TARGET
   */
  async *targets(): AsyncGenerator<ReadonlyMap<string, Target>> {
    const { meta } = this.snapshot;
    const { signed: top } = await this.reader.listed(
      "targets",
      "targets",
      meta,
      delegated(this.root.document.signed, "targets"),
    );
    for (const { role, delegation, holds } of foreignBins(top).toReversed()) {
      const { signed } = await this.reader.listed("targets", role, meta, delegation);
      checkNoDelegations(role, signed);
      const stranger = Object.keys(signed.targets).find((path) => !holds(this.ports.codec.pathDigest(path)));
      if (stranger !== undefined) throw unverified(`${role} holds a path of another bin`);
      yield checkedTargets(signed);
    }
    yield checkedTargets(top);
  }
}

/** As we keep them: of several hashes SHA-256, and `custom` as it is. */
function checkedTargets({ targets }: TargetsSigned): ReadonlyMap<string, Target> {
  const kept = Object.entries(targets).map(([path, { length, hashes, custom }]): readonly [string, Target] => {
    return [path, { length, sha256: hashes.sha256 ?? "", ...(custom === undefined ? {} : { custom }) }];
  });
  const [first, ...others] = kept.flatMap(([path, target]) => targetFaults(path, target));
  if (first !== undefined) throw new InvalidTargetsError([first, ...others]);
  return new Map(kept);
}
