import { binsBelow } from "../../../../domain/tuf/custom-role.js";
import { binNames, binOf, digestRange, wholeRange } from "../../../../domain/tuf/hash-bins.js";
import type { MetadataDocument, TargetsSigned } from "../../../../domain/tuf/metadata-document.js";
import { checkReadable } from "../../../../domain/tuf/metadata-size.js";
import { GivenTargets } from "../../../../domain/tuf/given-targets.js";
import type { Target } from "../../../../domain/tuf/target.js";
import type { NewRole } from "../../../../domain/tuf/tuf-store.js";
import { checkNoDelegations, type ForeignBin, isBin } from "./foreign-delegations.js";
import { type ForeignFile, type ForeignPorts, ForeignReader, type ForeignRoot } from "./foreign-reader.js";
import { ForeignSearch } from "./foreign-search.js";
import { delegating, type ForeignRole, type ForeignTree, foreignTree } from "./foreign-tree.js";
import { delegated, unverified } from "./trusted-reader.js";

type Snapshot = MetadataDocument<"snapshot">["signed"];

/** A file of a custom role, or of a bin below one, with what `NewRole` says of them. */
export type ForeignHolder = Pick<NewRole, "name" | "kind" | "range" | "space"> & {
  readonly file: ForeignFile<"targets">;
};

/** A repository that other tools made, as its newest timestamp shows it. Of its targets one file is in memory at a time. */
export class ForeignRepository {
  private constructor(
    private readonly ports: ForeignPorts,
    private readonly reader: ForeignReader,
    readonly roots: readonly [ForeignRoot, ...ForeignRoot[]],
    readonly timestampVersion: number,
    private readonly snapshot: Snapshot,
    private readonly tree: ForeignTree,
  ) {}

  /**
   * @param now epoch milliseconds
   * @throws {TufError} UNVERIFIED_METADATA, INVALID_METADATA, ROOT_OUT_OF_ORDER, ROOT_EXPIRED, THRESHOLD_NOT_MET,
   *   UNSUPPORTED_DELEGATION
   */
  static async open(ports: ForeignPorts, now: number): Promise<ForeignRepository> {
    const reader = new ForeignReader(ports, now);
    const roots = await reader.roots();
    const root = (roots.at(-1) ?? roots[0]).document.signed;
    const { signed: timestamp } = await reader.timestamp(delegated(root, "timestamp"));
    const { document } = await reader.listed("snapshot", "snapshot", timestamp.meta, delegated(root, "snapshot"));
    const { meta } = document.signed;
    const tree = await foreignTree(reader, meta, delegated(root, "targets"));
    return new ForeignRepository(ports, reader, roots, timestamp.version, document.signed, tree);
  }

  /** In the order in which clients ask them. */
  get customRoles(): readonly ForeignRole[] {
    return this.tree.customRoles;
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
   * Reads all of it once.
   * @returns how many entries of targets it has; a path that two files speak of counts twice
   * @throws {TufError} as `targets` and `custom`, METADATA_TOO_LARGE; UNSUPPORTED_DELEGATION where clients would find other targets than before,
   *   once custom roles come before all bins
   */
  async check(): Promise<number> {
    const kept = this.customRoles.map(({ role }) => role);
    const search = new ForeignSearch(this.tree.asked, kept, this.ports.codec);
    let count = 0;
    for await (const { role, targets } of this.#own()) {
      count += targets.size;
      search.addOwn(role, targets);
    }
    for await (const { space, file } of this.custom()) {
      const targets = checkedTargets(file.document.signed);
      count += targets.size;
      search.addCustom(space ?? "", targets);
    }
    search.check();
    return count;
  }

  /**
   * The targets of `targets` and of one bin after another. Where two files speak of one path, the one that clients ask first
   * comes last.
   * @throws {TufError} as `open`, and INVALID_TARGET_PATH, INVALID_TARGET
   */
  async *targets(): AsyncGenerator<ReadonlyMap<string, Target>> {
    for await (const { targets } of this.#own()) yield targets;
  }

  /**
   * The files of custom roles and of the bins below them, which stay as they are. Our snapshots state no lengths.
   * @throws {TufError} as `open`, and METADATA_TOO_LARGE
   */
  async *custom(): AsyncGenerator<ForeignHolder> {
    const { meta } = this.snapshot;
    for (const { role, delegation } of this.customRoles) {
      const { name } = role;
      const bins = binsBelow(role);
      const file = await this.reader.listed("targets", name, meta, delegation);
      checkReadable(name, file.bytes.length);
      const holding = bins === undefined ? { range: wholeRange(), space: name } : {};
      yield { name, kind: "custom", file, ...holding };
      if (bins === undefined) continue;
      for (const [index, bin] of binNames(bins).entries()) {
        const ofBin = await this.reader.listed("targets", bin, meta, delegation);
        checkReadable(bin, ofBin.bytes.length);
        this.#checkBin(bin, ofBin, (digest) => binOf(bins, digest) === bin);
        yield { name: bin, kind: "bin", file: ofBin, range: digestRange(bins, index), space: name };
      }
    }
  }

  async *#own(): AsyncGenerator<{ readonly role: string; readonly targets: ReadonlyMap<string, Target> }> {
    const { meta } = this.snapshot;
    for (const { name: role, delegation, holds } of this.tree.asked.filter(isBin).toReversed()) {
      const file = await this.reader.listed("targets", role, meta, delegation);
      this.#checkBin(role, file, holds);
      yield { role, targets: checkedTargets(file.document.signed) };
    }
    const trusted = delegated(this.root.document.signed, "targets");
    const { document } = await this.reader.listed("targets", "targets", meta, trusted);
    yield { role: "targets", targets: checkedTargets(document.signed) };
  }

  #checkBin(role: string, file: ForeignFile<"targets">, holds: ForeignBin["holds"]): void {
    checkNoDelegations(delegating(role, file));
    const paths = Object.keys(file.document.signed.targets);
    const stranger = paths.find((path) => !holds(this.ports.codec.pathDigest(path)));
    if (stranger !== undefined) throw unverified(`${file.name} holds a path of another bin`);
  }
}

/** As we keep them: of several hashes SHA-256, and `custom` as it is. */
function checkedTargets({ targets }: TargetsSigned): ReadonlyMap<string, Target> {
  const kept = Object.entries(targets).map(([path, { length, hashes, custom }]): readonly [string, Target] => {
    return [path, { length, sha256: hashes.sha256 ?? "", ...(custom === undefined ? {} : { custom }) }];
  });
  return GivenTargets.of(kept).checked();
}
