import type { MetadataCodec } from "./metadata-codec.js";

/** One member of `meta`. */
interface Entry {
  readonly role: string;
  readonly metadataVersion: number;
  readonly text: string;
}

/** Entries that follow each other in canonical order, with the text of all of them. */
interface Block {
  readonly entries: readonly Entry[];
  readonly text: string;
}

const utf8 = new TextEncoder();

/** Neither a block nor the list of all blocks gets long: 65,536 entries are 2,048 blocks. */
const BLOCK = 32;

/**
 * What a snapshot lists: metadata version by role, with its canonical text in pieces. A merge that raises a few of many
 * entries renders these anew, and nothing else. Immutable.
 */
export class SnapshotHead {
  #members: Uint8Array | undefined;

  private constructor(
    private readonly blocks: readonly Block[],
    private readonly codec: Pick<MetadataCodec, "members">,
  ) {}

  static of(versions: ReadonlyMap<string, number>, codec: Pick<MetadataCodec, "members">): SnapshotHead {
    const entries = Array.from(versions, ([role, version]) => entryOf(role, version, codec)).sort(inCanonicalOrder);
    const blocks: Block[] = [];
    for (let start = 0; start < entries.length; start += BLOCK)
      blocks.push(blockOf(entries.slice(start, start + BLOCK)));
    return new SnapshotHead(blocks, codec);
  }

  /** 0 where the role is not listed. */
  versionOf(role: string): number {
    const entries = this.blocks[this.#blockOf(role)]?.entries ?? [];
    return entries.find((entry) => entry.role === role)?.metadataVersion ?? 0;
  }

  /** With other versions of some roles, listed so far or not. */
  with(versions: ReadonlyMap<string, number>): SnapshotHead {
    if (this.blocks.length === 0) return SnapshotHead.of(versions, this.codec);
    const changed = new Map<number, Entry[]>();
    for (const [role, version] of versions) {
      const index = this.#blockOf(role);
      let entries = changed.get(index);
      if (entries === undefined) changed.set(index, (entries = [...this.blocks[index]!.entries]));
      put(entries, entryOf(role, version, this.codec));
    }
    const blocks = [...this.blocks];
    for (const [index, entries] of changed) blocks[index] = blockOf(entries);
    return new SnapshotHead(blocks, this.codec);
  }

  /** The canonical text of `meta` in UTF-8, without its braces. */
  get members(): Uint8Array {
    this.#members ??= utf8.encode(this.blocks.map(({ text }) => text).join());
    return this.#members;
  }

  /** The last block that begins no later than the role: where it is, or belongs. */
  #blockOf(role: string): number {
    const name = metaName(role);
    let low = 0;
    let high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (metaName(this.blocks[middle]!.entries[0]!.role) <= name) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The name of a role's entry (TUF 1.0.33 §4.4). Canonical order is that of these names' UTF-16 code units. */
function metaName(role: string): string {
  return `${role}.json`;
}

function inCanonicalOrder(left: Entry, right: Entry): number {
  return metaName(left.role) < metaName(right.role) ? -1 : 1;
}

/**
 * Entries hold versions only: length and hashes are optional, would make a snapshot of 16,384 bins four times as large,
 * and every file is signed and its version checked anyway (TUF 1.0.33 §5.6.3, §5.6.4).
 */
function entryOf(role: string, version: number, codec: Pick<MetadataCodec, "members">): Entry {
  return { role, metadataVersion: version, text: codec.members({ [metaName(role)]: { version } }) };
}

function put(entries: Entry[], entry: Entry): void {
  const index = entries.findIndex(({ role }) => role === entry.role);
  if (index >= 0) {
    entries[index] = entry;
    return;
  }
  entries.push(entry);
  entries.sort(inCanonicalOrder);
}

function blockOf(entries: readonly Entry[]): Block {
  return { entries, text: entries.map(({ text }) => text).join() };
}
