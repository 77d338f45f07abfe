import type { BinEdits, TargetEdit, TargetEdits } from "./target-edits.js";

/**
 * Remembers the roles that this process edited, for its next publish to sign first. Processes that publish at once then begin each with
 * roles of its own, where they would sign those of all others, too, most of them in vain.
 */
export class OwnEdits implements TargetEdits {
  readonly #edited = new Map<string, Set<string>>();

  constructor(private readonly edits: TargetEdits) {}

  async accept(repository: string, bins: readonly BinEdits[]): Promise<ReadonlySet<TargetEdit>> {
    this.#add(repository, bins); // they may be dirty before we are told
    const removed = await this.edits.accept(repository, bins);
    this.#add(repository, bins); // which a publish meanwhile may have taken
    return removed;
  }

  /** Whether a role was edited since the last `take`, or may be by now. */
  has(repository: string, role: string): boolean {
    return this.#edited.get(repository)?.has(role) ?? false;
  }

  /** The roles that were edited since the last call. */
  take(repository: string): ReadonlySet<string> {
    const edited = this.#edited.get(repository) ?? new Set();
    this.#edited.delete(repository);
    return edited;
  }

  #add(repository: string, bins: readonly BinEdits[]): void {
    let edited = this.#edited.get(repository);
    if (edited === undefined) this.#edited.set(repository, (edited = new Set()));
    for (const { bin } of bins) edited.add(bin);
  }
}
